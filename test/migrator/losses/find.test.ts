import { expect, it } from 'vitest';
import type { RollbackOptions } from '../../../src/migrator/rollback.js';
import { rollback } from '../../../src/migrator/rollback.js';
import { databaseAt } from '../../support/connect.js';
import { createLogin } from '../../support/database.js';
import { failure, outside, type Project, project } from '../fixture.js';

const sql = (up: string, down: string, marker = '') =>
  `-- migrate:up${marker}\n${up};\n-- migrate:down${marker}\n${down};\n`;

const lossesOf = async (p: Project, options: Partial<RollbackOptions> = {}) =>
  (await p.rollback({ dryRun: true, selection: { kind: 'all' }, ...options })).losses;

const NONE = { tables: [], columns: [], truncated: [], rows: [], notKnown: [] };
const exactly = (count: number) => ({ count, estimated: false });

it('names tables and columns that are dropped, with exact numbers of rows and values', async () => {
  const p = await project({
    '1_a.sql': sql('create table kept (id int); create table gone (id int)', 'drop table gone'),
    '2_b.ts': `export const up = (knex) => knex.schema.alterTable('kept', (t) => { t.text('note'); t.text('tag'); });
      export const down = (knex) => knex.schema.alterTable('kept', (t) => { t.dropColumn('note'); });`,
    '3_c.sql': sql('create view v as select id from gone', 'drop view v'),
  });
  await p.migrate();
  await p.db.query(`insert into gone select generate_series(1, 3);
    insert into kept select n, case when n > 3 then 'x' end from generate_series(1, 5) n`);
  const before = await p.db.query('select * from kept');
  expect(await lossesOf(p)).toEqual({
    ...NONE,
    tables: [{ schema: 'public', name: 'gone', rows: exactly(3) }],
    columns: [{ schema: 'public', table: 'kept', name: 'note', values: exactly(2) }],
  });
  expect(await p.db.query('select * from kept')).toEqual(before);
  expect(await p.ledger()).toHaveLength(3);
});

it('tells rows that are deleted, changed or truncated in tables that stay, cascades included', async () => {
  const p = await project({
    '1_a.sql': sql(
      `create table a (id int primary key); create table b (a int references a on delete cascade);
       create table c (id int); create table d (id int); create table e (id int)`,
      `delete from a where id > 1; update c set id = 0; truncate d; truncate e; update e set id = 1`,
    ),
  });
  await p.migrate();
  await p.db.query(`insert into a select generate_series(1, 4); insert into b select generate_series(1, 4);
    insert into c values (1), (2); insert into d values (1)`);
  expect(await lossesOf(p)).toEqual({
    ...NONE,
    truncated: [{ schema: 'public', name: 'd', rows: exactly(1) }],
    rows: expect.arrayContaining([
      { schema: 'public', name: 'a', deleted: 3, updated: 0 },
      { schema: 'public', name: 'b', deleted: 3, updated: 0 },
      { schema: 'public', name: 'c', deleted: 0, updated: 2 },
    ]),
  });
});

it('what is renamed or written anew is not lost; partitions go with their table', async () => {
  const p = await project({
    '1_a.sql': sql(
      `create table a (id int); create table p (id int) partition by range (id);
       create table p1 partition of p for values from (0) to (10)`,
      'alter table a rename to b; alter table b alter id type text; alter table b rename id to key; drop table p',
    ),
  });
  await p.migrate();
  await p.db.query('insert into a values (1); insert into p values (1), (2)');
  expect(await lossesOf(p)).toEqual({
    ...NONE,
    tables: [{ schema: 'public', name: 'p', rows: exactly(2) }],
  });
});

it('rehearses files outside a transaction, too, without their concurrent builds', async () => {
  const p = await project({
    '1_t.sql': sql('create table t (id int)', 'drop table t'),
    '2_i.ts': outside(
      ['create index concurrently t_i on t (id)'],
      ['drop index concurrently t_i', 'delete from t'],
    ),
    '3_v.ts': outside(['select 1'], ['vacuum t']),
    '4_c.ts': outside(['select 1'], ['commit']),
    '5_d.sql': sql('select 1', 'drop table nope'),
    '6_x.sql': sql('alter table t add x int', 'alter table t drop x'),
  });
  await p.migrate();
  await p.db.query('insert into t values (1, 1)');
  expect(await lossesOf(p)).toEqual({
    ...NONE,
    tables: [{ schema: 'public', name: 't', rows: exactly(1) }],
    notKnown: [
      { name: '5_d.sql', reason: 'table "nope" does not exist' },
      { name: '4_c.ts', reason: expect.stringContaining('it sends "commit"') },
      { name: '3_v.ts', reason: expect.stringContaining('VACUUM cannot run inside a transaction block') },
    ],
  });
  expect(await p.db.query('select from pg_indexes where indexname = $1', ['t_i'])).toHaveLength(1);
});

it('a file that cannot be rehearsed does not count for what it did until then', async () => {
  const p = await project({
    '1_t.sql': sql(
      'create table t (id int); create table u (id int)',
      'drop table u; delete from t; select 1/0',
    ),
  });
  await p.migrate();
  await p.db.query('insert into t values (1)');
  expect(await lossesOf(p)).toMatchObject({
    ...NONE,
    notKnown: [{ name: '1_t.sql', reason: 'division by zero' }],
  });
});

it('rows that row level security hides are not known, never 0', async () => {
  const p = await project({
    '1_t.sql': sql('create table t (id int, note text)', 'alter table t drop note'),
  });
  const { role, url } = await createLogin(p.db, 'owner');
  await p.migrate();
  await p.db.query(`insert into t values (1, 'x'); alter table t owner to "${role}";
    alter table t enable row level security, force row level security; grant all on schema public to "${role}";
    grant usage, create on schema tenantctl to "${role}"; grant all on all tables in schema tenantctl, public to "${role}"`);
  const migrations = { directories: [p.directory], tableName: 'knex_migrations', schemaName: undefined };
  const { losses } = await rollback(await databaseAt(url), {
    ...{ migrations, selection: { kind: 'all' }, dryRun: true, lockWaitMs: 1_000 },
    ...{ approve: async () => {}, onEvent: () => {} },
  });
  expect(losses.columns).toEqual([
    { schema: 'public', table: 't', name: 'note', values: { count: null, estimated: false } },
  ]);
});

it('a lock that is not to be had: not known, naming who has it, and the question comes all the same', async () => {
  const p = await project({ '1_t.sql': sql('create table t (id int)', 'drop table t') });
  await p.migrate();
  const blocker = await p.db.client();
  await blocker.query('begin; lock table t in share mode');
  const { notKnown } = await lossesOf(p);
  await blocker.query('rollback');
  expect(notKnown).toEqual([
    { name: '1_t.sql', reason: expect.stringMatching(/^a lock was not to be had: pid \d+ \(tenantctl-test/) },
  ]);
});

it('the question is asked with the losses, and what it said is what happens', async () => {
  const p = await project({ '1_t.sql': sql('create table t (id int)', 'drop table t') });
  await p.migrate();
  await p.db.query('insert into t values (1)');
  const refuse = async (plan: { losses: unknown }) => {
    throw Object.assign(new Error('no'), { told: plan.losses });
  };
  expect(await failure(p.rollback({ approve: refuse }))).toMatchObject({
    told: { tables: [{ name: 't', rows: exactly(1) }] },
  });
  expect(await p.db.query('select from t')).toHaveLength(1);
  expect((await p.rollback()).losses.tables).toHaveLength(1);
  expect(await p.db.query("select where to_regclass('t') is null")).toHaveLength(1);
});
