import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { findNative, preparePrograms } from '../../src/postgres/embedded/binaries.js';
import { ROOT } from './cli.js';
import { BUILDS, CACHE, fetchBuild } from './postgres-builds.js';

/**
 * Runs tests against each supported major version of PostgreSQL: `npm run test:postgres [-- <vitest arguments>]`, by
 * default the end-to-end test. The servers are builds on npm, fetched once.
 */
const tests = process.argv.length > 2 ? process.argv.slice(2) : ['test/e2e'];
const results: { version: string; seconds: string; result: string }[] = [];
for (const native of [...(await fetchAll()), findNative()]) {
  const { version } = await preparePrograms(native, undefined, CACHE);
  process.stdout.write(`\nPostgreSQL ${version}\n`);
  const started = performance.now();
  const run = spawnSync(
    process.execPath,
    [path.join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', ...tests],
    {
      cwd: ROOT,
      env: { ...process.env, TEST_POSTGRES_NATIVE: native },
      stdio: 'inherit',
    },
  );
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  results.push({ version, seconds, result: run.status === 0 ? 'passed' : 'FAILED' });
}
process.stdout.write('\nPostgreSQL  result  seconds\n');
for (const { version, seconds, result } of results) {
  process.stdout.write(`${version.padEnd(10)}  ${result}  ${seconds.padStart(7)}\n`);
}
process.exitCode = results.every(({ result }) => result === 'passed') ? 0 : 1;

async function fetchAll(): Promise<string[]> {
  const natives: string[] = [];
  for (const build of Object.values(BUILDS)) natives.push(await fetchBuild(build));
  return natives;
}
