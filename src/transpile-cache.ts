import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What decides how a source is transpiled, the source included; it can be written as JSON. */
interface Transpilable {
  source: string;
  filename?: string | undefined;
}

/**
 * Keeps what a transpiler makes of a source, because loading the transpiler takes longer than all the rest of a start.
 * It is kept in `<nearest node_modules>/.cache/tenantctl`, one file for each source, and made anew where anything that
 * decides it has changed. Where nothing can be kept there, nothing is: a checkout that may only be read works as well.
 *
 * @param path of the module that the node_modules are looked for from
 * @param version of the transpiler
 * @param isWorthKeeping whether what it has made is code, and no complaint
 */
export function keepTranspiled<T extends Transpilable>(
  path: string,
  version: string,
  transpile: (input: T) => string,
  isWorthKeeping: (code: string) => boolean,
): (input: T) => string {
  const directory = cacheDirectory(dirname(path));
  if (directory === undefined) return transpile;
  return (input) => {
    // At the end: a file that was cut off lacks it.
    const mark = `\n//${hash(JSON.stringify([version, input]))}${sourceMark(version, input.source)}`;
    const file = fileFor(directory, input.filename ?? '');
    const kept = unlessDenied(() => readFileSync(file, 'utf8'));
    if (kept?.endsWith(mark)) return kept.slice(0, -mark.length);
    const code = transpile(input);
    if (isWorthKeeping(code)) unlessDenied(() => replace(file, code + mark));
    return code;
  };
}

/**
 * What is kept of a module, found without the transpiler, whose options are the same for all.
 *
 * @param path of the module
 * @param version of the transpiler
 */
export function findTranspiled(path: string, version: string): string | undefined {
  const directory = cacheDirectory(dirname(path));
  if (directory === undefined) return undefined;
  const kept = unlessDenied(() => readFileSync(fileFor(directory, path), 'utf8'));
  const source = unlessDenied(() => readFileSync(path, 'utf8'));
  if (kept === undefined || source === undefined) return undefined;
  return kept.endsWith(sourceMark(version, source)) ? kept : undefined;
}

function sourceMark(version: string, source: string): string {
  return ` ${hash(JSON.stringify([version, source]))}`;
}

function fileFor(directory: string, path: string): string {
  return join(directory, `${hash(path)}.js`);
}

function cacheDirectory(directory: string): string | undefined {
  const modules = join(directory, 'node_modules');
  if (!existsSync(modules))
    return dirname(directory) === directory ? undefined : cacheDirectory(dirname(directory));
  const cache = join(modules, '.cache/tenantctl');
  return unlessDenied(() => {
    mkdirSync(dirname(cache), { recursive: true });
    if (!existsSync(cache)) mkdirSync(cache, { mode: 0o700 });
    return isOurs(cache) ? cache : undefined;
  });
}

/** What is in it will be executed, so nobody else may write there; and nothing in it is another's, whom we could hinder. */
function isOurs(directory: string): boolean {
  const { uid, mode } = statSync(directory);
  return process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0);
}

/** At once: another run may be reading it. */
function replace(file: string, text: string): void {
  const fresh = `${file}.${randomUUID()}`;
  writeFileSync(fresh, text, { mode: 0o600 });
  renameSync(fresh, file);
}

/** Read-only, another's, full: none of it matters, for what was not kept is made again. */
function unlessDenied<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
