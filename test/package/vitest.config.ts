import { defineConfig } from 'vitest/config';
import suite from '../../vitest.config.js';

/** npm run test:package: what a user installs, the tarball and the image, and Backstage's migrations; all need the registry. */
export default defineConfig({
  test: {
    ...suite.test,
    include: ['test/package/**/*.test.ts'],
    exclude: [],
    testTimeout: 120_000,
    hookTimeout: 300_000,
  },
});
