import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { TenantctlError } from './errors.js';
import { causeOfLoading, loadModule } from './module-loader.js';
import { nearest } from './nearest.js';

const EXTENSIONS = ['.ts', '.js', '.mjs', '.cjs', '.sql'];

/** A migration or seed on disk. */
export interface SourceFile {
  /** With its extension, as knex records it: '20240606034427_create_users.ts'. */
  file: string;
  /** Without: what identifies it. The same migration is `.ts` in development and `.js` once compiled. */
  name: string;
  /** Absolute. */
  path: string;
}

/** What identifies a file, or a file name in a ledger, whatever it was compiled to. */
export function nameOf(file: string): string {
  const extension = extname(file);
  return EXTENSIONS.includes(extension) ? basename(file, extension) : file;
}

/**
 * Lists the migrations or seeds of some directories in the order knex runs them: by file name, code unit by code unit,
 * whichever directory they are in.
 *
 * @param kind for messages
 * @throws TenantctlError usage: a directory that cannot be read, two files of one name
 */
export async function discoverSources(
  directories: readonly string[],
  kind: 'migrations' | 'seeds',
): Promise<SourceFile[]> {
  const found = await listSources(directories, kind);
  for (const same of sameNamed(found)) throw ambiguous(same, kind);
  return found;
}

/**
 * The same list, with files of one name all in it.
 *
 * @throws TenantctlError usage: a directory that cannot be read
 */
export async function listSources(
  directories: readonly string[],
  kind: 'migrations' | 'seeds',
): Promise<SourceFile[]> {
  const found = (await Promise.all(directories.map((directory) => list(directory, kind)))).flat();
  return found.sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0));
}

/** The files that share their name with another: 1_a.ts and 1_a.js, or one file in two directories. */
export function sameNamed(sources: readonly SourceFile[]): SourceFile[][] {
  const byName = new Map<string, SourceFile[]>();
  for (const source of sources) byName.set(source.name, [...(byName.get(source.name) ?? []), source]);
  return [...byName.values()].filter((same) => same.length > 1);
}

/** A line that says nothing to the database: why the lint is to let something pass. */
const WAIVER = /^[ \t]*(?:--|\/\/)[ \t]*tenantctl:allow\b.*(?:\n|$)/gm;

/**
 * The file's text and the SHA-256 of it: the same for a checkout with CRLF and one with LF, and before and after a line
 * `tenantctl:allow` was added, since that is no edit of what was applied.
 *
 * @throws TenantctlError usage: a file that cannot be read
 */
export async function readSource(source: SourceFile): Promise<{ text: string; checksum: string }> {
  // At once: handing a small file to another thread and back takes several times as long as reading it.
  const text = readText(source.path);
  const said = text.replaceAll(/\r\n?/g, '\n').replaceAll(WAIVER, '');
  const checksum = createHash('sha256').update(said).digest('hex');
  return { text, checksum };
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new TenantctlError({
      kind: 'usage',
      code: 'FILE_UNREADABLE',
      message: `Cannot read ${path}: ${error instanceof Error ? error.message : String(error)}.`,
      hint: `ls -lL ${path}   is it a link to nothing, a directory, or a file that only others may read?`,
      cause: error,
    });
  }
}

/**
 * Evaluates a .ts, .js, .mjs or .cjs file.
 *
 * @throws TenantctlError usage, with what the file threw
 */
export async function loadSourceModule(source: SourceFile): Promise<Record<string, unknown>> {
  try {
    return await loadModule(source.path);
  } catch (error) {
    throw new TenantctlError({
      kind: 'usage',
      code: 'FILE_THROWS',
      message: `Cannot load ${source.path}: ${causeOfLoading(error)}.`,
      hint: `run it by itself to see the whole error: npx tsx ${source.path}`,
      cause: error,
    });
  }
}

/**
 * Finds what `--to` or `--only` names, with or without extension.
 *
 * @throws TenantctlError usage, listing what there is
 */
export function findSource<T extends { name: string }>(
  sources: readonly T[],
  given: string,
  flag: string,
): T {
  const name = nameOf(given);
  const found = sources.find((source) => source.name === name);
  if (found) return found;
  const names = sources.map((source) => source.name);
  const close = nearest(name, names);
  throw new TenantctlError({
    kind: 'usage',
    code: 'UNKNOWN_NAME',
    message: `Cannot find ${JSON.stringify(given)}, which ${flag} names: ${names.length === 0 ? 'there are none' : 'there is none of that name'}.`,
    ...(names.length > 0 && {
      hint: `${flag} ${close[0] ?? 'NAME'}; there are\n${names.map((each) => `  ${each}`).join('\n')}`,
    }),
  });
}

async function list(directory: string, kind: string): Promise<SourceFile[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    const cause = error.code === 'ENOENT' ? 'there is no such directory' : error.message;
    throw new TenantctlError({
      kind: 'usage',
      code: 'DIRECTORY_UNREADABLE',
      message: `Cannot list the ${kind} in ${directory}: ${cause}.`,
      hint: `run it where the project is, or name it by --config; else mkdir ${directory}, or another as ${kind}.directory in the configuration`,
      cause: error,
    });
  });
  return (
    entries
      // Not isFile(): a mounted ConfigMap holds symbolic links.
      .filter((entry) => !entry.isDirectory() && isSource(entry.name))
      .map(({ name }) => ({ file: name, name: nameOf(name), path: join(directory, name) }))
  );
}

/** Editors' and macOS's dot files, and the declarations that `tsc` puts beside its output, are not. */
function isSource(file: string): boolean {
  return EXTENSIONS.includes(extname(file)) && !file.startsWith('.') && !file.endsWith('.d.ts');
}

function ambiguous(same: readonly SourceFile[], kind: string): TenantctlError {
  const [first] = same;
  return new TenantctlError({
    kind: 'usage',
    code: 'SAME_NAME',
    message: `Cannot tell ${kind} apart: ${same.length} files are named ${first?.name}: ${same.map(({ path }) => path).join(', ')}.`,
    hint: 'keep one; compiled files belong in a directory of their own',
  });
}
