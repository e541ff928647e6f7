import { access, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TenantctlError } from '../errors.js';

/**
 * Writes a configuration, over another one only where `force` says so.
 *
 * @param path absolute
 * @param names what a configuration may be called: beside another name, it would be the one that is found, or not
 * @throws TenantctlError usage: there is one already, or the directory cannot be written
 */
export async function writeConfig(
  path: string,
  source: string,
  { force, names }: { force: boolean; names: readonly string[] },
): Promise<void> {
  const there = force
    ? undefined
    : await findExisting([path, ...names.map((name) => join(dirname(path), name))]);
  if (there !== undefined) throw alreadyThere(there);
  try {
    await writeFile(path, source, { flag: force ? 'w' : 'wx' });
  } catch (error) {
    throw new TenantctlError({
      kind: 'usage',
      code: 'CONFIG_UNWRITABLE',
      message: `Cannot write ${path}: ${error instanceof Error ? error.message : String(error)}.`,
      hint: 'name another file with --output, or --dry-run to only see it',
      cause: error,
    });
  }
}

async function findExisting(paths: string[]): Promise<string | undefined> {
  const found = await Promise.all(
    paths.map((path) =>
      access(path).then(
        () => path,
        () => undefined,
      ),
    ),
  );
  return found.find((path) => path !== undefined);
}

function alreadyThere(path: string): TenantctlError {
  return new TenantctlError({
    kind: 'usage',
    code: 'CONFIG_EXISTS',
    message: `Cannot write the configuration: there is ${path} already.`,
    hint: 'tenantctl init --force writes all the same, --output FILE elsewhere; --dry-run only shows it',
  });
}
