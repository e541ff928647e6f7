import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compileFunction, runInThisContext } from 'node:vm';
import type * as Jiti from 'jiti';
import { findTranspiled, keepTranspiled } from './transpile-cache.js';

type Exports = Record<string, unknown>;

/**
 * Loads a user's module, TypeScript or JavaScript, ESM or CommonJS, on every supported Node without flags.
 *
 * What Node can load by itself, it does, in a tenth of the time. Everything else goes through jiti: TypeScript, what mixes
 * the two kinds of modules, and `import … from 'tenantctl'` where the package is not installed beside the module: that
 * means this very installation, so that a config also works with a global one.
 *
 * @param path absolute path of the module
 * @returns its exports; a CommonJS module's `module.exports` is spread over them
 * @throws whatever the module throws while it is evaluated, and syntax errors
 */
export async function loadModule(path: string): Promise<Exports> {
  const format = await formatOf(path);
  if (format === undefined) return transpiled(path);
  try {
    if (format === 'commonjs') return commonExports(createRequire(path)(path));
    return namedExports((await import(pathToFileURL(path).href)) as Exports);
  } catch (error) {
    if (!isNotForNode(error)) throw error;
    return transpiled(path);
  }
}

/** What a module failed with, in one line where the parser has put the place below its complaint. */
export function causeOfLoading(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/^ParseError: (.*?)\.?\s*\n\s*(\S+:\d+:\d+)$/s, '$1 (at $2)').replace(/\.$/, '');
}

/** As Node takes the file; undefined where that would not work. */
async function formatOf(path: string): Promise<'commonjs' | 'module' | undefined> {
  switch (extname(path)) {
    case '.mjs':
      return 'module';
    case '.cjs':
      return 'commonjs';
    case '.js':
      if ((await packageType(dirname(path))) === 'module') return 'module';
      // Node 22 and later would run ESM syntax all the same, and warn of it.
      return isCommonJs(await readFile(path, 'utf8')) ? 'commonjs' : undefined;
    default:
      return undefined;
  }
}

/** `type` of the nearest package.json; read once, as by Node. */
function packageType(directory: string): Promise<unknown> {
  const known = packageTypes.get(directory) ?? readPackageType(directory);
  packageTypes.set(directory, known);
  return known;
}

const packageTypes = new Map<string, Promise<unknown>>();

async function readPackageType(directory: string): Promise<unknown> {
  const text = await readFile(join(directory, 'package.json'), 'utf8').catch(() => undefined);
  if (text !== undefined) return (JSON.parse(text) as { type?: unknown }).type;
  return dirname(directory) === directory ? undefined : packageType(dirname(directory));
}

function isCommonJs(text: string): boolean {
  try {
    compileFunction(text, ['exports', 'require', 'module', '__filename', '__dirname']);
    return true;
  } catch {
    return false;
  }
}

/** Node has refused to load it, or something that it imports: not an error of what it does. */
function isNotForNode(error: unknown): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  return (
    error instanceof SyntaxError ||
    /^(ERR_|MODULE_NOT_FOUND)/.test(code ?? '') ||
    (error instanceof ReferenceError && message.includes('in ES module scope'))
  );
}

/** What is exported by default counts as named, too, as far as it has names. */
function namedExports(namespace: Exports): Exports {
  return isObject(namespace.default) ? { ...namespace.default, ...namespace } : namespace;
}

/** `module.exports` may be anything: an object, an instance with methods, or a function that is the one export. */
function commonExports(exported: unknown): Exports {
  return isObject(exported) ? exported : { default: exported };
}

function isObject(value: unknown): value is Exports {
  return typeof value === 'object' && value !== null;
}

async function transpiled(path: string): Promise<Exports> {
  const require = createRequire(import.meta.url);
  const { version } = require('jiti/package.json') as { version: string };
  const kept = findTranspiled(path, version);
  const run = kept === undefined ? undefined : compileAlone(kept, path);
  return run ? await evaluateAlone(run) : await byJiti(path, version, require);
}

/** jiti's wrapping of a module. */
type Evaluate = (exports: Exports, jitiImport: (name: string) => unknown) => Promise<void>;

/**
 * Compiles what jiti has made of a module before, where the module needs nothing of jiti: to load that takes a tenth of a
 * start. So it is of most configurations and migrations, which import `tenantctl` or nothing but types.
 */
function compileAlone(code: string, path: string): Evaluate | undefined {
  if (NEEDS_JITI.test(code)) return undefined;
  try {
    return runInThisContext(`(async function (exports, jitiImport) { ${code}\n})`, { filename: path });
  } catch {
    // jiti has a way of its own with what cannot be wrapped.
    return undefined;
  }
}

/** Words that stand for what jiti hands to a module, in strings and comments too: then jiti is asked in vain. */
const NEEDS_JITI =
  /\b(require|module|__filename|__dirname|jitiESMResolve|_interopRequire\w*)\b|\bjitiImport\b(?!\("tenantctl"\))/;

async function evaluateAlone(evaluate: Evaluate): Promise<Exports> {
  const exports: Exports = {};
  await evaluate(exports, () => import('./index.js'));
  return namedExports(exports);
}

async function byJiti(path: string, version: string, require: NodeJS.Require): Promise<Exports> {
  // By `import`, Node would first search all of its bundle for names that it exports, which takes longer than to run it.
  const { createJiti } = require('jiti') as typeof Jiti;
  // jiti's own cache is in the shared temporary directory where there are no node_modules, and fails where it is not readable.
  const options = { fsCache: false, interopDefault: true };
  const { transform } = createJiti(import.meta.url, options);
  const code = keepTranspiled(path, version, transform, (made) => !made.includes('__JITI_ERROR__'));
  const jiti = createJiti(import.meta.url, {
    ...options,
    virtualModules: { tenantctl: await import('./index.js') },
    transform: (input) => ({ code: code(input) }),
  });
  return await jiti.import<Exports>(path);
}
