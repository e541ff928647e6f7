import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { expect, it } from 'vitest';
import { causeOfLoading, loadModule } from '../src/module-loader.js';
import { temporaryDirectory } from './support/temporary.js';

/** Loads a file that stands in a directory of its own, beside a package.json of that type. */
async function load(name: string, text: string, type?: 'module' | 'commonjs') {
  const directory = path.join(await temporaryDirectory(), 'a/b');
  await mkdir(directory, { recursive: true });
  if (type) await writeFile(path.join(directory, '../package.json'), JSON.stringify({ type }));
  const file = path.join(directory, name);
  await writeFile(file, text);
  return { file, exports: () => loadModule(file) };
}

const ESM = 'export const up = () => 1; export const config = { transaction: false };';
const CJS = 'exports.up = () => 1; exports.config = { transaction: false };';

it.each([
  [
    'm.ts',
    'export const up = (): number => 1; export const config = { transaction: false } as const;',
    undefined,
  ],
  ['m.mjs', ESM, undefined],
  ['m.js', ESM, 'module'],
  ['m.js', ESM, undefined],
  ['m.js', CJS, 'commonjs'],
  ['m.cjs', CJS, 'module'],
  ['m.js', `import path from 'node:path'; const { sep } = require('node:path'); ${ESM}`, undefined],
  ['m.js', `import path from 'node:path'; const { sep } = require('node:path'); ${ESM}`, 'module'],
  ['m.js', CJS, 'module'],
  ['m.mjs', `export default { up: () => 1, config: { transaction: false } };`, undefined],
  [
    'm.js',
    `module.exports = new (class { config = { transaction: false }; up() { return 1; } })();`,
    undefined,
  ],
] as const)('%s with `%s`, type %s', async (name, text, type) => {
  const { up, config } = await (await load(name, text, type)).exports();
  expect((up as () => number)()).toBe(1);
  expect(config).toEqual({ transaction: false });
});

it.each([
  ['m.cjs', 'module.exports = () => 1;'],
  ['m.mjs', 'export default () => 1;'],
  ['m.ts', 'export default (): number => 1;'],
])('a function alone, %s', async (name, text) => {
  const { default: main } = await (await load(name, text)).exports();
  expect((main as () => number)()).toBe(1);
});

it.each(['m.ts', 'm.mjs', 'm.js'])('`tenantctl` is this installation, in %s', async (name) => {
  const text =
    "import { defineConfig, TenantctlError } from 'tenantctl'; export default defineConfig({ seeds: {} }); export { TenantctlError };";
  expect(await (await load(name, text)).exports()).toMatchObject({
    default: { seeds: {} },
    TenantctlError: expect.any(Function),
  });
});

it.each(['m.mjs', 'm.cjs'])('what %s throws comes as it is, and it is run once', async (name) => {
  const { file, exports } = await load(
    name,
    name === 'm.cjs'
      ? "require('node:fs').appendFileSync(__filename + '.log', 'x'); throw new Error('its own');"
      : "import fs from 'node:fs'; fs.appendFileSync(new URL(import.meta.url + '.log'), 'x'); throw new Error('its own');",
  );
  await expect(exports()).rejects.toThrow('its own');
  expect(await readFile(`${file}.log`, 'utf8')).toBe('x');
});

/** Loads it twice where what is transpiled is kept: what it was the second time, and whether jiti had a part in that. */
async function reload(name: string, text: string) {
  const { file, exports } = await load(name, text);
  await mkdir(path.join(path.dirname(file), 'node_modules'));
  await writeFile(path.join(path.dirname(file), 'other.ts'), 'export const other: number = 1;');
  const first = await exports();
  const { cache, resolve } = createRequire(import.meta.url);
  const jiti = resolve('jiti');
  expect(cache[jiti]).toBeDefined();
  delete cache[jiti];
  // jiti has its own memory of modules.
  delete cache[file];
  return { first, second: await exports(), byJiti: cache[jiti] !== undefined };
}

it.each([
  ["import type { Knex } from 'knex'; export const a = (_?: Knex): number => 1;", expect.any(Function)],
  ['export default { a: (await Promise.resolve(1)) as number };', 1],
  ["import { defineConfig } from 'tenantctl'; export default { a: typeof defineConfig };", 'function'],
  ['export const a: boolean = import.meta.url.endsWith("/m.ts");', true],
])('what is kept of `%s` is run without jiti', async (text, expected) => {
  const { first, second, byJiti } = await reload('m.ts', text);
  expect([first.a, second.a, byJiti]).toEqual([expected, expected, false]);
});

it('a function alone is kept, too', async () => {
  const { second, byJiti } = await reload('m.ts', 'export default (): number => 1;');
  expect([(second.default as () => number)(), byJiti]).toEqual([1, false]);
});

it.each([
  ["import { sep } from 'node:path'; export const a: string = sep;", path.sep],
  ["import path from 'node:path'; export const a: string = path.sep;", path.sep],
  ["import tenantctl from 'tenantctl'; export const a: unknown = typeof tenantctl.defineConfig;", 'function'],
  ["import { other } from './other.ts'; export const a: number = other;", 1],
  ["export const a: string = require('node:path').sep;", path.sep],
  [
    "const name = 'tenantctl'; export const a: string = typeof (await import(name)).defineConfig;",
    'function',
  ],
])('what is kept of `%s` needs jiti', async (text, expected) => {
  const { first, second, byJiti } = await reload('m.ts', text);
  expect([first.a, second.a, byJiti]).toEqual([expected, expected, true]);
});

it('a syntax error is told in one line, with its place', async () => {
  const { file, exports } = await load('m.ts', 'export const a = 1;\nthrw new Error();\n');
  const error = await exports().catch((thrown: unknown) => thrown);
  expect(causeOfLoading(error)).toBe(`Missing semicolon (at ${file}:2:4)`);
  expect(causeOfLoading(new Error('its own.'))).toBe('its own');
  expect(causeOfLoading('plain text')).toBe('plain text');
});

it('what is kept throws as it is, with its place, and is run once', async () => {
  const shared = globalThis as { moduleLog?: string[] };
  shared.moduleLog = [];
  const text = [
    'const log = (globalThis as unknown as { moduleLog: string[] }).moduleLog;',
    "if (log.push('ran') > 1) throw new Error('its own');",
  ];
  const { file, exports } = await load('m.ts', text.join('\n'));
  await mkdir(path.join(path.dirname(file), 'node_modules'));
  try {
    await exports();
    const error = await exports().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ message: 'its own', stack: expect.stringContaining(`${file}:2`) });
    expect(shared.moduleLog).toEqual(['ran', 'ran']);
  } finally {
    delete shared.moduleLog;
  }
});
