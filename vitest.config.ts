import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Kill tests take minutes and print a seed: npm run test:chaos. Installing from the registry: npm run test:package.
    // PgBouncer is not to be had from npm: npm run test:pooler.
    exclude: ['test/chaos/**', 'test/package/**', 'test/pooler/**'],
    globalSetup: 'test/support/global-setup.ts',
    pool: 'forks',
    maxWorkers: process.env.TEST_DATABASE_URL ? 1 : 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // @oclif/test captures the console itself.
    disableConsoleIntercept: true,
    // .ci/run counts the tests of several runs.
    reporters: process.env.TEST_RESULTS
      ? ['default', ['json', { outputFile: `${process.env.TEST_RESULTS}/${process.pid}.json` }]]
      : ['default'],
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      reporter: ['text-summary'],
    },
  },
});
