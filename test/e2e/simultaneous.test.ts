import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { freshDatabase } from '../migrator/fixture.js';
import { ROOT, runCli } from '../support/cli.js';
import { temporaryDirectory } from '../support/temporary.js';

const KNEX = `${ROOT}node_modules/knex/bin/cli.js`;
const FILES = ['1_t.cjs', '2_t.cjs', '3_i.cjs', '4_t.cjs', '5_t.cjs', '6_t.cjs'];

/** A knex project that both CLIs can migrate; each file leaves a row, and would leave two if it ran twice. */
async function openProject() {
  const cwd = await temporaryDirectory();
  const db = await freshDatabase();
  await db.query('create table runs (file text)');
  await mkdir(path.join(cwd, 'migrations'));
  // The knex CLI looks for knex from the project.
  await symlink(`${ROOT}node_modules`, path.join(cwd, 'node_modules'));
  const write = (name: string, text: string) => writeFile(path.join(cwd, name), text);
  await write('knexfile.cjs', "module.exports = { client: 'pg', connection: process.env.DATABASE_URL };");
  for (const file of FILES) await write(`migrations/${file}`, migration(file));
  const options = { cwd, env: { DATABASE_URL: db.url } };
  return {
    db,
    tenantctl: () => runCli(['migrate', '--json', '--knexfile', 'knexfile.cjs'], options),
    knex: () => runCli(['migrate:latest', '--knexfile', 'knexfile.cjs'], { ...options, program: KNEX }),
    /** What is recorded, and what ran. */
    outcome: async () => ({
      ledger: (await db.query<{ name: string }>('select name from knex_migrations order by id')).map(
        (row) => row.name,
      ),
      runs: (await db.query<{ file: string }>('select file from runs order by file')).map((row) => row.file),
      lock: await db.query('select is_locked from knex_migrations_lock'),
    }),
  };
}

const ONCE = { ledger: FILES, runs: FILES, lock: [{ is_locked: 0 }] };

function migration(file: string): string {
  const outside = file.includes('_i') ? 'exports.config = { transaction: false };\n' : '';
  const act = outside
    ? `await knex.raw('create index concurrently runs_i on runs (file)');`
    : `await knex.raw('create table "${file}" ()');`;
  return `${outside}exports.up = async (knex) => {
  ${act}
  await knex('runs').insert({ file: '${file}' });
};
exports.down = async () => {};
`;
}

it.each([2, 5, 10])('%i processes at the same time apply each file once', async (count) => {
  const { tenantctl, outcome } = await openProject();
  const results = await Promise.all(Array.from({ length: count }, tenantctl));
  expect(results.map(({ exitCode, stderr }) => ({ exitCode, stderr }))).toEqual(
    results.map(({ stderr }) => ({ exitCode: 0, stderr })),
  );
  const applied = results.flatMap(
    ({ stdout }) => (JSON.parse(stdout) as { applied: { name: string }[] }).applied,
  );
  expect(applied.map(({ name }) => name)).toEqual(FILES);
  expect(await outcome()).toEqual(ONCE);
});

// Their starts differ by so many milliseconds; below zero the knex CLI goes first.
it.each([-250, -120, -50, 0, 60, 150])('beside the knex CLI, %i ms before it', async (ahead) => {
  const { tenantctl, knex, outcome } = await openProject();
  const [ours, theirs] = await Promise.all([
    sleep(Math.max(0, -ahead)).then(tenantctl),
    sleep(Math.max(0, ahead)).then(knex),
  ]);
  expect(ours).toMatchObject({ exitCode: 0 });
  // Its own answer where the lock is taken, or where a table came while it was making it.
  if (theirs.exitCode !== 0) expect(theirs.stderr).toMatch(/already locked|already exists|duplicate key/);
  expect(await outcome()).toEqual(ONCE);
  expect((await knex()).stdout).toContain('Already up to date');
  expect(JSON.parse((await tenantctl()).stdout)).toMatchObject({ before: FILES.length, planned: [] });
});
