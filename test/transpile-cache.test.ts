import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { keepTranspiled } from '../src/transpile-cache.js';
import { ROOT } from './support/cli.js';
import { temporaryDirectory } from './support/temporary.js';

/** A project of one module, with node_modules above it. */
async function project({ modules = true } = {}) {
  const root = await temporaryDirectory();
  const file = path.join(root, 'a/b/m.ts');
  await mkdir(path.dirname(file), { recursive: true });
  if (modules) await mkdir(path.join(root, 'node_modules'));
  const cache = path.join(root, 'node_modules/.cache/tenantctl');
  let asked = 0;
  const transpile = ({ source }: { source: string; filename: string }) => {
    asked += 1;
    return source.toUpperCase();
  };
  /** A run of its own: its result, and whether it had to transpile. */
  const run = (source: string, version = '1') => {
    const before = asked;
    const code = keepTranspiled(
      file,
      version,
      transpile,
      (made) => !made.includes('ERROR'),
    )({
      source,
      filename: file,
    });
    return { code, made: asked > before };
  };
  const entry = async () => path.join(cache, (await readdir(cache))[0] ?? '');
  return { root, file, cache, run, entry };
}

it('is made once, and anew where the source or the transpiler is another', async () => {
  const { run, cache } = await project();
  expect(run('a')).toEqual({ code: 'A', made: true });
  expect(run('a')).toEqual({ code: 'A', made: false });
  expect(run('b')).toEqual({ code: 'B', made: true });
  expect(run('b', '2')).toEqual({ code: 'B', made: true });
  expect(run('a')).toEqual({ code: 'A', made: true });
  expect(await readdir(cache)).toHaveLength(1);
});

it('a complaint is not kept', async () => {
  const { run } = await project();
  expect([run('error').made, run('error').made]).toEqual([true, true]);
});

it('a file that was cut off is made again', async () => {
  const { run, entry } = await project();
  run('abc');
  await truncate(await entry(), 5);
  expect([run('abc'), run('abc').made]).toEqual([{ code: 'ABC', made: true }, false]);
});

it('is open to nobody else, and what others may write to is not used', async () => {
  const { run, cache, entry } = await project();
  run('a');
  expect((await stat(cache)).mode & 0o777).toBe(0o700);
  expect((await stat(await entry())).mode & 0o777).toBe(0o600);
  expect(await readFile(await entry(), 'utf8')).toMatch(/^A\n\/\/[0-9a-f]{64} [0-9a-f]{64}$/);
  await chmod(cache, 0o777);
  expect(run('a').made).toBe(true);
});

it.each([
  ['no node_modules', { modules: false }, async () => {}],
  [
    'something else in its place',
    {},
    ({ root }: { root: string }) => writeFile(path.join(root, 'node_modules/.cache'), ''),
  ],
  [
    'a directory where the file is to be',
    {},
    async ({ run, entry }: { run: (source: string) => unknown; entry: () => Promise<string> }) => {
      run('other');
      const file = await entry();
      await rm(file);
      await mkdir(file);
    },
  ],
])('%s: nothing is kept, and it works', async (_, options, prepare) => {
  const made = await project(options);
  await prepare(made);
  expect([made.run('a'), made.run('a').made]).toEqual([{ code: 'A', made: true }, true]);
});

it('a TypeScript module that has changed is read anew by the next run', async () => {
  const { file, cache } = await project();
  const load = async (text: string) => {
    await writeFile(file, text);
    const program = `import { loadModule } from ${JSON.stringify(`${ROOT}dist/module-loader.js`)};
      loadModule(${JSON.stringify(file)}).then(({ up }) => console.log(up()), (error) => console.log(error.message))`;
    const args = ['--input-type=module', '-e', program];
    return (await promisify(execFile)(process.execPath, args)).stdout.trim();
  };
  const one = 'export const up = (): number => 1;';
  expect([await load(one), await load(one)]).toEqual(['1', '1']);
  expect(await readdir(cache)).toHaveLength(1);
  expect(await load('export const up = (): number => 2;')).toBe('2');
  expect(await load('export const = 2;')).toContain('m.ts');
  expect(await load(one)).toBe('1');
});
