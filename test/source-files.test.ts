import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { discoverSources, findSource, nameOf, readSource } from '../src/source-files.js';
import { temporaryDirectory } from './support/temporary.js';

async function directoryWith(...files: string[]): Promise<string> {
  const directory = await temporaryDirectory();
  for (const file of files) await writeFile(path.join(directory, file), '');
  return directory;
}

it('lists files of several directories in the order knex runs them: by whole name, capitals first', async () => {
  const one = await directoryWith('2_b.ts', 'a.ts', 'a-b.sql');
  const two = await directoryWith('1_a.cjs', 'B.js', '10_c.mjs');
  const files = await discoverSources([one, two], 'migrations');
  expect(files.map(({ file }) => file)).toEqual(['10_c.mjs', '1_a.cjs', '2_b.ts', 'B.js', 'a-b.sql', 'a.ts']);
  expect(files[0]).toEqual({ file: '10_c.mjs', name: '10_c', path: path.join(two, '10_c.mjs') });
});

it('leaves out what is no migration: directories, declarations, maps, dot files', async () => {
  const directory = await directoryWith('1.ts', '1.d.ts', '1.js.map', '._1.ts', 'README.md');
  await mkdir(path.join(directory, 'support.ts'));
  const files = await discoverSources([directory], 'migrations');
  expect(files.map(({ file }) => file)).toEqual(['1.ts']);
});

it('follows the symbolic links of a mounted ConfigMap', async () => {
  const directory = await directoryWith('real.sql');
  const mounted = await temporaryDirectory();
  await symlink(path.join(directory, 'real.sql'), path.join(mounted, '1.sql'));
  expect(await discoverSources([mounted], 'migrations')).toHaveLength(1);
});

it('refuses two files of one name, wherever they are', async () => {
  const source = await directoryWith('1_a.ts');
  const compiled = await directoryWith('1_a.js');
  await expect(discoverSources([source, compiled], 'migrations')).rejects.toMatchObject({
    ...{ kind: 'usage', code: 'SAME_NAME' },
    message: expect.stringMatching(/2 files are named 1_a: .*1_a\.js.*1_a\.ts/),
  });
});

it('names a directory that is not there', async () => {
  await expect(discoverSources(['/nowhere/seeds'], 'seeds')).rejects.toMatchObject({
    ...{ kind: 'usage', code: 'DIRECTORY_UNREADABLE' },
    message: 'Cannot list the seeds in /nowhere/seeds: there is no such directory.',
    hint: expect.stringMatching(/where the project is.*--config.*mkdir \/nowhere\/seeds.*seeds\.directory/),
  });
});

it('tells one source from another by text, not by line ends', async () => {
  const directory = await temporaryDirectory();
  const checksum = async (text: string) => {
    const file = path.join(directory, 'x.sql');
    await writeFile(file, text);
    return (await readSource({ file: 'x.sql', name: 'x', path: file })).checksum;
  };
  expect(await checksum('a\r\nb\r\n')).toBe(await checksum('a\nb\n'));
  expect(await checksum('a\nb\n')).not.toBe(await checksum('a\nb \n'));
});

it('keeps the name of a ledger entry whose extension is none of ours', () => {
  expect([nameOf('1_a.ts'), nameOf('1_a.cjs'), nameOf('1_a'), nameOf('1.a')]).toEqual([
    '1_a',
    '1_a',
    '1_a',
    '1.a',
  ]);
});

it('finds a name with or without extension, and offers what there is for another', () => {
  const files = [{ name: '1_users' }, { name: '2_posts' }];
  expect(findSource(files, '2_posts.js', '--to')).toBe(files[1]);
  expect(() => findSource(files, '1_usres', '--to')).toThrow(/"1_usres", which --to names/);
  try {
    findSource(files, '1_usres', '--to');
  } catch (error) {
    expect(error).toMatchObject({ kind: 'usage', hint: '--to 1_users; there are\n  1_users\n  2_posts' });
  }
});

it.each([
  ['a link to nothing', '/nowhere/1.sql', 'ENOENT'],
  ['a link to a directory', '/', 'EISDIR'],
])('says of %s that it cannot be read', async (_, target, cause) => {
  const directory = await temporaryDirectory();
  const link = path.join(directory, '1.sql');
  await symlink(target, link);
  const [source] = await discoverSources([directory], 'migrations');
  await expect(readSource(source ?? { file: '', name: '', path: '' })).rejects.toMatchObject({
    ...{ kind: 'usage', code: 'FILE_UNREADABLE' },
    message: expect.stringContaining(`Cannot read ${link}: ${cause}`),
  });
});
