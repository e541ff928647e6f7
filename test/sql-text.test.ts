import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { sqlOf } from '../src/sql-text.js';
import { temporaryDirectory } from './support/temporary.js';

async function file(content: string | Buffer): Promise<{ path: string; text: string }> {
  const place = path.join(await temporaryDirectory(), '1.sql');
  await writeFile(place, content);
  return { path: place, text: Buffer.from(content as string).toString('utf8') };
}

it('takes the text as it is, without the mark that some editors begin with', async () => {
  expect(sqlOf(await file("select 'Müller, �'"))).toBe("select 'Müller, �'");
  expect(sqlOf(await file("\uFEFFselect '\uFEFF'"))).toBe("select '\uFEFF'");
});

it('refuses what is no UTF-8, rather than have it stored as question marks', async () => {
  const latin = await file(Buffer.from("select 1;\ninsert into t values ('Müller')", 'latin1'));
  expect(() => sqlOf(latin)).toThrow(`Cannot read ${latin.path}: line 2 is not UTF-8.`);
  const wide = await file(Buffer.from('\uFEFFselect 1', 'utf16le'));
  expect(() => sqlOf(wide)).toThrow('line 1 is not UTF-8');
});

it('refuses a NUL, which would end the file for the parser, and nothing after it would be run', async () => {
  const cut = await file('create table a ();\n\0\ncreate table b ();');
  expect(() => sqlOf(cut)).toThrow(`Cannot read ${cut.path}: line 2 holds a NUL character.`);
});
