import { describe, expect, it } from 'vitest';
import { failure } from '../migrator/fixture.js';
import { createLogin } from '../support/database.js';
import { nursery, ran } from './fixture.js';

const TABLES = 'create table a (id int primary key, note text); create table b (id int primary key)';

/** Rerunnable, as seeds are to be. */
const insert = (table: string, ids: string) =>
  `insert into ${table} (id) select unnest(array[${ids}]) on conflict do nothing;`;

const rows = async (db: { query(sql: string): Promise<unknown[]> }, table: string) =>
  (await db.query(`select id from ${table} order by id`)).length;

describe('seed', () => {
  it('runs .ts, .js, .mjs, .cjs and .sql in order of their names, and counts the rows', async () => {
    const n = await nursery(TABLES, {
      '1_a.ts': `import type { Knex } from 'knex';
        export async function seed(knex: Knex): Promise<void> {
          await knex('a').insert([{ id: 1 }, { id: 2 }, { id: 3 }]);
          await knex('a').where({ id: 1 }).update({ note: 'x' });
          await knex('a').where({ id: 3 }).delete();
        }`,
      '2_b.cjs': "exports.seed = (knex) => knex('b').insert({ id: 1 });",
      '3_a.mjs': "export const seed = (knex) => knex('a').insert({ id: 4 });",
      '4_both.sql': '\uFEFFinsert into a values (5); insert into b values (2), (3);',
    });
    const { ran: done, skipped, planned } = await n.seed();
    expect(done.map(({ name, reason, tables }) => [name, reason, tables])).toEqual([
      ['1_a.ts', 'new', [{ table: 'a', inserted: 3, updated: 1, deleted: 1 }]],
      ['2_b.cjs', 'new', [{ table: 'b', inserted: 1, updated: 0, deleted: 0 }]],
      ['3_a.mjs', 'new', [{ table: 'a', inserted: 1, updated: 0, deleted: 0 }]],
      [
        '4_both.sql',
        'new',
        [
          { table: 'a', inserted: 1, updated: 0, deleted: 0 },
          { table: 'b', inserted: 2, updated: 0, deleted: 0 },
        ],
      ],
    ]);
    expect({ skipped, planned: planned.length }).toEqual({ skipped: [], planned: 4 });
  });

  it('is all or nothing per file; those before it stay, those after it do not run', async () => {
    const n = await nursery(TABLES, {
      '1_a.sql': insert('a', '1'),
      '2_x.sql': `${insert('b', '1')}\nselect 1/0;`,
      '3_b.sql': insert('b', '2'),
    });
    const error = await failure(n.seed());
    expect(error).toMatchObject({
      ...{ kind: 'step-failed', sql: { sqlstate: '22012', file: `${n.directory}/2_x.sql:2` } },
      partial: { ran: [{ name: '1_a.sql' }], failed: { name: '2_x.sql', left: 'nothing' } },
    });
    expect([await rows(n.db, 'a'), await rows(n.db, 'b')]).toEqual([1, 0]);
    expect(await n.db.query('select name from tenantctl.seed_log')).toEqual([{ name: '1_a' }]);
  });

  it('--only runs one, named with or without extension', async () => {
    const n = await nursery(TABLES, { '1_a.sql': insert('a', '1'), '2_b.sql': insert('b', '1') });
    expect(ran(await n.seed({ only: '2_b' }))).toEqual(['2_b.sql']);
    expect(await n.seed({ only: '2_b.sql' })).toMatchObject({ ran: [], skipped: ['2_b.sql'] });
    expect(await failure(n.seed({ only: '3_c' }))).toMatchObject({
      ...{ kind: 'usage', hint: expect.stringContaining('  1_a\n  2_b') },
    });
  });

  it('a dry run says what would run and why, and writes nothing', async () => {
    const n = await nursery(TABLES, { '1_a.sql': insert('a', '1') });
    expect(await n.seed({ dryRun: true })).toEqual({
      ...{ dryRun: true, planned: [{ name: '1_a.sql', reason: 'new' }], ran: [], skipped: [] },
    });
    expect(await n.db.query("select to_regnamespace('tenantctl') as schema")).toEqual([{ schema: null }]);
    await n.seed();
    await n.db.query('truncate a');
    expect(await n.seed({ dryRun: true })).toMatchObject({ planned: [{ reason: 'a is empty' }] });
    expect(await rows(n.db, 'a')).toBe(0);
  });

  it.each([
    ['1_x.ts', 'export const notSeed = 1;', 'NO_SEED'],
    ['1_x.sql', '-- nothing', 'NO_SEED'],
    ['1_x.ts', "throw new Error('at load')", 'FILE_THROWS'],
    ['1_x.sql', 'begin; select 1; commit', 'TRANSACTION_CONTROL'],
  ])('refuses %s with %j before any seed runs', async (file, text, code) => {
    const n = await nursery(TABLES, { '0_a.sql': insert('a', '1'), [file]: text });
    expect(await failure(n.seed())).toMatchObject({ kind: 'usage', code });
    expect(await rows(n.db, 'a')).toBe(0);
  });

  it('two at the same time run each seed once', async () => {
    const n = await nursery(TABLES, {
      '1_a.sql': 'insert into a values (1); select pg_sleep(0.2);',
      '2_b.sql': 'insert into b values (1);',
    });
    const results = await Promise.all([n.seed(), n.seed(), n.seed()]);
    expect(results.flatMap(ran)).toEqual(['1_a.sql', '2_b.sql']);
  });

  it('an abort cancels the running statement and leaves the seed undone', async () => {
    const n = await nursery(TABLES, { '1_a.sql': 'insert into a values (1); select pg_sleep(60);' });
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 400);
    expect(await failure(n.seed({ signal: controller.signal }))).toMatchObject({ kind: 'interrupted' });
    expect(await rows(n.db, 'a')).toBe(0);
  });

  it('says so where a seed committed by itself before it failed', async () => {
    const n = await nursery(TABLES, {
      '1_a.js': "export const seed = (knex) => knex.raw('insert into a values (1); commit; select 1/0');",
    });
    expect(await failure(n.seed())).toMatchObject({
      kind: 'part-way',
      hint: expect.stringMatching(/^take COMMIT and BEGIN out of the file/),
      partial: { failed: { left: 'part' } },
    });
  });
});

describe('a seed that has run', () => {
  const files = { '1_a.sql': insert('a', '1, 2'), '2_b.sql': insert('b', '1') };

  it('is skipped while it is unchanged and its rows are there', async () => {
    const n = await nursery(TABLES, files);
    await n.seed();
    expect(await n.seed()).toMatchObject({ ran: [], planned: [], skipped: ['1_a.sql', '2_b.sql'] });
    await n.db.query('delete from a where id = 1');
    expect(await n.seed()).toMatchObject({ ran: [] });
    expect(await rows(n.db, 'a')).toBe(1);
  });

  it('runs again when its source has changed, not when only its line ends have', async () => {
    const n = await nursery(TABLES, files);
    await n.seed();
    await n.write({ '1_a.sql': `${insert('a', '1, 2')}\n` });
    expect((await n.seed()).ran).toMatchObject([{ name: '1_a.sql', reason: 'changed', tables: [] }]);
    await n.write({ '1_a.sql': `${insert('a', '1, 2')}\r\n` });
    expect(ran(await n.seed())).toEqual([]);
  });

  it.each(['truncate a', 'delete from a'])('runs again after %s', async (sql) => {
    const n = await nursery(TABLES, files);
    await n.seed();
    await n.db.query(sql);
    expect((await n.seed()).ran).toMatchObject([{ name: '1_a.sql', reason: 'a is empty' }]);
    expect(await rows(n.db, 'a')).toBe(2);
  });

  it('runs again after its table was dropped and made anew, with rows in it or not', async () => {
    const n = await nursery(TABLES, files);
    await n.seed();
    await n.db.query('drop table a; create table a (id int primary key); insert into a values (9)');
    expect((await n.seed()).ran).toMatchObject([{ name: '1_a.sql', reason: 'a was made anew' }]);
    expect(await rows(n.db, 'a')).toBe(3);
  });

  it('runs again in its turn where a seed before it has emptied its table', async () => {
    const n = await nursery(TABLES, {
      '1_a.sql': `truncate b; ${insert('a', '1')}`,
      '2_b.sql': insert('b', '1, 2'),
    });
    await n.seed();
    await n.db.query('truncate a');
    const again = await n.seed();
    expect(again.planned).toEqual([{ name: '1_a.sql', reason: 'a is empty' }]);
    expect(ran(again)).toEqual(['1_a.sql', '2_b.sql']);
    expect(await rows(n.db, 'b')).toBe(2);
  });

  it('is not taken for done because it once found its rows there already', async () => {
    const n = await nursery(`${TABLES}; insert into a values (1), (2)`, files);
    expect((await n.seed()).ran[0]).toMatchObject({ name: '1_a.sql', tables: [] });
    expect(ran(await n.seed())).toEqual([]);
    await n.db.query('truncate a');
    expect(ran(await n.seed())).toEqual(['1_a.sql']);
  });

  it('that leaves no rows has nothing to be known by, and always runs', async () => {
    const n = await nursery(TABLES, {
      '1_x.sql':
        "create temporary table scratch (id int); insert into scratch values (1); delete from a; set local work_mem = '8MB'",
    });
    for (let round = 0; round < 2; round += 1) expect(ran(await n.seed())).toEqual(['1_x.sql']);
  });

  it('keeps no setting for the next: neither a tenant nor a role', async () => {
    const n = await nursery(TABLES, {
      '1_a.sql': `set app.tenant = 'x'; ${insert('a', '1')}`,
      '2_b.js': `export async function seed(knex) {
        const { rows: [row] } = await knex.raw("select coalesce(current_setting('app.tenant', true), '') as tenant");
        if (row.tenant !== '') throw new Error('still ' + row.tenant);
        await knex('b').insert({ id: 1 });
      }`,
    });
    expect(ran(await n.seed())).toHaveLength(2);
  });
});

it('of a table that somebody has locked, nothing is brought in again, nor waited for without end', async () => {
  const n = await nursery(TABLES, { '1_a.sql': 'insert into a select count(*) from a;' });
  await n.seed();
  const other = await n.db.client();
  await other.query('begin; lock table a in access exclusive mode');
  await n.db.query(`alter database "${n.db.name}" set lock_timeout = '200ms'`);
  for (const dryRun of [true, false]) {
    await expect(n.seed({ dryRun })).rejects.toMatchObject({ code: '55P03' });
  }
  await other.query('commit');
  expect(await n.seed()).toMatchObject({ ran: [], skipped: ['1_a.sql'] });
  expect(await rows(n.db, 'a')).toBe(1);
});

describe('as an owner whom row level security binds', () => {
  it('an unchanged seed runs again, since it may not look whether its rows are there', async () => {
    const n = await nursery('select 1', { '1_a.sql': insert('a', '1') });
    const { role, url } = await createLogin(n.db, 'owner');
    await n.db.query(`
      create table a (id int primary key); alter table a owner to "${role}";
      alter table a enable row level security; alter table a force row level security;
      create policy p on a using (current_setting('app.x', true) = 'y');
      grant create on database "${n.db.name}" to "${role}"`);
    await n.write({
      '1_a.sql': `set local app.x = 'y'; insert into a select 1 where not exists (select from a);`,
    });
    expect((await n.seed({ url })).ran).toMatchObject([
      { reason: 'new', tables: [{ table: 'a', inserted: 1 }] },
    ]);
    expect((await n.seed({ url })).ran).toMatchObject([{ reason: 'a may not be looked into', tables: [] }]);
    expect(await rows(n.db, 'a')).toBe(1);
  });
});
