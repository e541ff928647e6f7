import { execFile } from 'node:child_process';
import { access, readdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

/** Where Debian puts PostgreSQL: a folder per version, with `bin` in it. */
const INSTALLED = '/usr/lib/postgresql';

/** The folder of the newest installed PostgreSQL with pg_dump; undefined where there is none. */
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

/**
 * What pg_dump writes of a database.
 *
 * @param args further ones: `--schema-only`
 * @returns undefined without pg_dump: npm's builds of PostgreSQL bring no client programs
 * @throws where it fails: it reads servers up to its own version
 */
export async function pgDump(url: string, ...args: string[]): Promise<string | undefined> {
  const native = await nativeOfPeers();
  const program = native ? path.join(native, 'bin/pg_dump') : 'pg_dump';
  const options = { maxBuffer: 2 ** 30 };
  const dumped = await promisify(execFile)(program, [...args, url], options).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    },
  );
  // A random word, so that a dump cannot smuggle commands into psql.
  return dumped?.stdout.replaceAll(/^\\(un)?restrict .*$/gm, '');
}
