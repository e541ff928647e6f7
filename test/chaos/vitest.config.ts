import { defineConfig } from 'vitest/config';
import suite from '../../vitest.config.js';

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
