import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { loadModule } from '../src/module-loader.js';
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
