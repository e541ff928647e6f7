import { defineConfig } from 'vitest/config';
import suite from '../../vitest.config.js';

/** npm run test:pooler: behind a PgBouncer, which npm does not have: Debian's package `pgbouncer`. */
export default defineConfig({
  test: { ...suite.test, include: ['test/pooler/**/*.test.ts'], exclude: [] },
});
