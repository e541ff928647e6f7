import { defineConfig } from 'vitest/config';
import suite from '../../vitest.config.js';
import { BUILDS, fetchBuild } from '../support/postgres-builds.js';

// A version that Debian's pg_dump reads, and that production has.
process.env.TEST_POSTGRES_NATIVE ??= await fetchBuild(BUILDS[15]);

/** npm run test:chaos: kills commands at random moments. CHAOS_SEED repeats a run, CHAOS_RUNS says how often. */
export default defineConfig({
  test: {
    ...suite.test,
    include: ['test/chaos/**/*.test.ts'],
    exclude: [],
    maxWorkers: 1,
    testTimeout: 1_800_000,
  },
});
