import { execFile } from 'node:child_process';
import { access, readdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

/** Where distributions put PostgreSQL: a folder per version, with `bin` in it. */
const INSTALLED = '/usr/lib/postgresql';

/** The folder of an installed PostgreSQL with pg_dump; undefined where there is none. */
export async function nativeOfPeers(): Promise<string | undefined> {
  const versions = await readdir(INSTALLED).catch(() => []);
  for (const version of versions.sort((a, b) => Number(b) - Number(a))) {
    const native = path.join(INSTALLED, version);
    const found = await access(path.join(native, 'bin/pg_dump')).then(
      () => true,
      () => false,
    );
    if (found) return native;
  }
  return undefined;
}

/** `pg_dump --schema-only`: it reads the catalog, too, and is what everybody knows the speed of. */
export async function dumpSchema(native: string, url: string): Promise<void> {
  const args = ['--schema-only', '--file=/dev/null', `--dbname=${url}`];
  await promisify(execFile)(path.join(native, 'bin/pg_dump'), args);
}
