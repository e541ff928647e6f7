import { describe, expect, it } from 'vitest';
import { documents } from '../../src/report/documents/index.js';
import { CTRL_C, ENTER, runOnTerminal } from '../support/terminal.js';
import { checkout, documentOf } from './fixture.js';

const table = (name: string) =>
  `-- migrate:up\ncreate table ${name} ();\n-- migrate:down\ndrop table ${name};\n`;

async function migrated() {
  const c = await checkout({
    'migrations/1_a.sql': table('a'),
    'migrations/2_b.sql': table('b'),
    'migrations/3_c.sql': table('c'),
  });
  await c.apply('2_b');
  await c.apply();
  return c;
}

it('without a terminal it needs --yes: 2, naming the flag, and nothing is undone', async () => {
  const c = await migrated();
  const { exitCode, stdout, stderr } = await c.run('rollback');
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toMatch(/^Error: Cannot roll back .*no terminal.*\nTry: --yes/);
  expect((await c.run('status', '--check')).exitCode).toBe(0);
});

it('--yes undoes the last batch, with the plan on stderr first', async () => {
  const c = await migrated();
  const { exitCode, stdout, stderr } = await c.run('rollback', '--yes');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(
    /^Rolled back 1 migration in \S+ at .*; 2 stay applied:\n migration +batch +took\n 3_c\.sql +2 +\d+ ms\n$/,
  );
  expect(stderr).toMatch(
    /^To be rolled back in .*, newest first:\n {2}3_c\.sql \(batch 2\)\nLost with it:\n {2}table c: 0 rows\n/,
  );
});

it('--steps, --to and --all', async () => {
  const c = await migrated();
  const undone = async (...args: string[]) =>
    documentOf(await c.run('rollback', '--yes', '--json', ...args)).applied;
  expect(await undone('--steps', '1')).toEqual(['1_a.sql', '2_b.sql']);
  expect(await undone('--to', '1_a.sql')).toEqual(['1_a.sql']);
  expect(await undone('--all')).toEqual([]);
  const { stdout } = await c.run('rollback', '--all', '--yes');
  expect(stdout).toMatch(/^Nothing to roll back in .*: 0 applied\.\n$/);
});

it('--dry-run shows the plan, and needs no --yes', async () => {
  const c = await migrated();
  const { exitCode, stdout } = await c.run('rollback', '--all', '--dry-run');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(
    /^Would roll back 3 migrations .*; nothing was changed:\n.*\n 3_c\.sql +2\n 2_b\.sql +1\n 1_a\.sql +1\nLost with it:\n/,
  );
  expect(documentOf(await c.run('status', '--json'))).toMatchObject({ pending: [] });
});

it('shows what will be lost, and whoever asks for the document gets the same', async () => {
  const c = await checkout({
    'migrations/1_shop.sql': `-- migrate:up
      create schema shop; create table shop.orders (id int, note text); create table stock (id int);
      -- migrate:down
      select 1;`,
    'migrations/2_more.sql': `-- migrate:up
      create table gone (id int);
      -- migrate:down
      drop table gone; alter table shop.orders drop note; delete from stock where id > 1; select nothing;`,
    'migrations/3_more.sql': `-- migrate:up
      select 1;
      -- migrate:down
      drop table gone; create table gone (id int); alter table shop.orders drop note; alter table shop.orders add note text;
      delete from stock where id > 1; update stock set id = 0;`,
  });
  await c.apply();
  await c.db.query(`insert into gone select generate_series(1, 1234); insert into shop.orders values (1, 'x'), (2, null);
    insert into stock values (1), (2)`);
  const { stdout } = await c.run('rollback', '--dry-run');
  expect(stdout.slice(stdout.indexOf('Lost'))).toBe(`Lost with it:
  table gone: 1,234 rows
  column shop.orders.note: 1 value
  in stock: 1 row deleted, 1 row changed
What else is lost is not known; these could not be rehearsed:
  2_more.sql: column "nothing" does not exist
`);
  const document = documents.rollback.parse(documentOf(await c.run('rollback', '--dry-run', '--json')));
  expect(document).toMatchObject({
    losses: {
      tables: [{ schema: 'public', name: 'gone', rows: { count: 1234, estimated: false } }],
      columns: [{ schema: 'shop', table: 'orders', name: 'note', values: { count: 1, estimated: false } }],
      rows: [{ name: 'stock', deleted: 1, updated: 1 }],
      notKnown: [{ name: '2_more.sql' }],
    },
  });
  expect(await c.db.query('select from gone')).toHaveLength(1234);
});

it('a missing `down`: 2, before anything is undone', async () => {
  const c = await checkout({
    'migrations/1_a.sql': '-- migrate:up\ncreate table a ();',
    'migrations/2_b.sql': table('b'),
  });
  await c.apply();
  const document = documentOf(await c.run('rollback', '--all', '--yes', '--json'));
  expect(document).toMatchObject({
    exitCode: 2,
    error: { code: 'NO_DOWN', message: expect.stringContaining('1_a.sql') },
  });
  expect(documentOf(await c.run('status', '--json'))).toMatchObject({ applied: [{}, {}] });
});

it('a `down` that fails: 10, with what was undone before it', async () => {
  const c = await checkout({
    'migrations/1_a.sql': '-- migrate:up\nselect 1;\n-- migrate:down\ndrop table nope;',
    'migrations/2_b.sql': table('b'),
  });
  await c.apply();
  expect(documentOf(await c.run('rollback', '--yes', '--json'))).toMatchObject({
    ...{ exitCode: 10, rolledBack: [{ name: '2_b.sql' }], failed: { name: '1_a.sql', left: 'nothing' } },
    ...{ applied: ['1_a.sql'], error: { sql: { sqlstate: '42P01' } } },
  });
});

it.each([
  [['--steps', '1', '--all']],
  [['--to', '1_a', '--steps', '1']],
  [['--to', '1_a', '--all']],
  [['--steps', '0']],
])('%j: 2', async (args) => {
  const c = await migrated();
  expect(documentOf(await c.run('rollback', '--yes', '--json', ...args))).toMatchObject({ exitCode: 2 });
});

describe('on a terminal', () => {
  const ask = (c: Awaited<ReturnType<typeof migrated>>, type: string) =>
    runOnTerminal(['rollback'], [{ after: `(${c.db.name}):`, type }], {
      cwd: c.directory,
      env: { DATABASE_URL: c.db.url },
    });

  it("shows the plan and what will be lost, and asks for the database's name", async () => {
    const c = await migrated();
    const { exitCode, stdout } = await ask(c, c.db.name + ENTER);
    expect(stdout).toMatch(
      /To be rolled back in .*, newest first:\s+3_c\.sql \(batch 2\)\s+Lost with it:\s+table c: 0 rows\s+.*Type the name of the database to roll back \(/,
    );
    expect(stdout).toContain('Rolled back 1 migration');
    expect(exitCode).toBe(0);
  });

  it.each([
    ['y', `y${ENTER}`, 2, '"y" is not the name of the database'],
    ['Enter', ENTER, 2, 'nothing was typed'],
    ['another database', `production${ENTER}`, 2, '"production" is not the name of the database'],
    ['Ctrl-C', CTRL_C, 130, 'Stopped at a question'],
  ])('%s changes nothing', async (_, type, code, words) => {
    const c = await migrated();
    const { exitCode, stdout } = await ask(c, type);
    expect(exitCode).toBe(code);
    expect(stdout).toContain(words);
    expect((await c.run('status', '--check')).exitCode).toBe(0);
  });
});
