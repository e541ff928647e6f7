import { expect, it } from 'vitest';
import { cjs, outside, type Project, project, withKnex } from './fixture.js';

const latest = (p: Project) => withKnex(p, (migrator) => migrator.latest());
const undo = (p: Project, all = false) => withKnex(p, (migrator) => migrator.rollback(undefined, all));
const pendingForKnex = (p: Project) =>
  withKnex(p, async (migrator) => {
    const [, pending] = (await migrator.list()) as [unknown, { file: string }[]];
    return pending.map(({ file }) => file);
  });

const files = { '1_a.cjs': cjs('a'), '2_b.cjs': cjs('b'), '3_c.cjs': cjs('c') };

const SHAPE = `
  select table_name, column_name, data_type, character_maximum_length, is_nullable, column_default,
         (select string_agg(pg_get_constraintdef(oid) || ' ' || conname, ',') from pg_constraint
           where conrelid = format('%I.%I', table_schema, table_name)::regclass and contype = 'p') as key
    from information_schema.columns where table_name like 'knex%' order by table_name, ordinal_position`;

it("makes knex's tables as knex makes them", async () => {
  const ours = await project(files);
  const theirs = await project(files);
  await ours.migrate();
  await latest(theirs);
  expect(await ours.db.query(SHAPE)).toEqual(await theirs.db.query(SHAPE));
  const rows = 'select index, is_locked from knex_migrations_lock';
  expect(await ours.db.query(rows)).toEqual(await theirs.db.query(rows));
  const ledger = 'select id, name, batch from knex_migrations';
  expect(await ours.db.query(ledger)).toEqual(await theirs.db.query(ledger));
});

it('goes back and forth with knex: neither sees anything pending after the other', async () => {
  const p = await project({ '1_a.cjs': cjs('a') });
  await latest(p);
  expect(await p.migrate()).toMatchObject({ before: 1, planned: [] });
  await p.write({ '2_b.cjs': cjs('b') });
  expect(await pendingForKnex(p)).toEqual(['2_b.cjs']);
  expect((await p.migrate()).applied).toMatchObject([{ name: '2_b.cjs', batch: 2 }]);
  expect(await pendingForKnex(p)).toEqual([]);
  await p.write({ '3_c.cjs': cjs('c') });
  await latest(p);
  expect((await p.status()).applied.map(({ name, batch }) => [name, batch])).toEqual([
    ['1_a.cjs', 1],
    ['2_b.cjs', 2],
    ['3_c.cjs', 3],
  ]);
});

it("rolls back what knex applied, and knex what we applied, each in the other's batches", async () => {
  const p = await project(files);
  await p.migrate({ to: '1_a' });
  await latest(p);
  expect(await p.rollback()).toMatchObject({ rolledBack: [{ name: '3_c.cjs' }, { name: '2_b.cjs' }] });
  expect(await pendingForKnex(p)).toEqual(['2_b.cjs', '3_c.cjs']);
  await p.migrate();
  await undo(p);
  expect(await p.status()).toMatchObject({ applied: [{ name: '1_a.cjs' }], pending: ['2_b.cjs', '3_c.cjs'] });
  await p.migrate();
  await undo(p, true);
  expect((await p.status()).applied).toEqual([]);
  expect((await p.migrate()).applied).toHaveLength(3);
});

it('a file outside a transaction is the same to both', async () => {
  const build = outside(['create index concurrently a_i on a (id)'], ['drop index concurrently a_i']);
  const asCommonJs = build
    .replace('export const config', 'exports.config')
    .replaceAll(/export async function (\w+)/g, 'exports.$1 = async function ');
  const p = await project({ '1_a.cjs': cjs('a'), '2_i.cjs': asCommonJs });
  await p.migrate();
  expect(await pendingForKnex(p)).toEqual([]);
  await undo(p, true);
  await latest(p);
  expect(await p.migrate()).toMatchObject({ before: 2, planned: [] });
  await p.rollback();
  expect(await pendingForKnex(p)).toEqual(['1_a.cjs', '2_i.cjs']);
});

it('shares a ledger in a schema of its own', async () => {
  const p = await project(files, { schemaName: 'ops' });
  await p.db.query('create schema ops');
  await p.migrate();
  const list = await withKnex(p, (migrator) => migrator.list(), 'ops');
  expect((list as [unknown[], unknown[]]).map((each) => each.length)).toEqual([3, 0]);
  expect(await p.db.query("select to_regclass('public.knex_migrations') as public")).toEqual([
    { public: null },
  ]);
});

it('keeps ledgers of different names apart', async () => {
  const p = await project({ '1_a.cjs': cjs('a') });
  await p.migrate();
  await p.db.query('drop table a');
  const other = await project({}, { tableName: 'Other "ledger"' });
  await other.write({ '1_a.cjs': cjs('a') });
  await other.migrate();
  const logged = await other.db.query('select ledger from tenantctl.migration_log');
  expect(logged).toEqual([{ ledger: '"public"."Other ""ledger"""' }]);
  expect(await other.db.query('select name from "Other ""ledger"""')).toEqual([{ name: '1_a.cjs' }]);
});
