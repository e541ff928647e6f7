import { describe, expect, it } from 'vitest';
import { failure, outside, type Project, project, table } from '../fixture.js';

const orders = `-- migrate:up
create table orders (id bigint generated always as identity primary key, note text);
create table lines (order_id bigint references orders (id));
insert into orders (note) select 'x' from generate_series(1, 100);`;

/** All that a dry run must leave as it was. */
async function everything(p: Project): Promise<unknown> {
  return p.db.query(`
    select (select array_agg(oid::text || relname || relfilenode::text || xmin::text order by oid) from pg_class) as relations,
      (select array_agg(nspname::text order by oid) from pg_namespace) as schemas,
      (select count(*)::int from pg_attribute) as columns, (select count(*)::int from pg_proc) as functions,
      (select array_agg(rolname::text order by oid) from pg_roles) as roles`);
}

const up = (body: string) => `export async function up(knex) {\n${body}\n}`;

it('executes SQL and builder code, and leaves nothing: no ledger, no lock of knex, no table', async () => {
  const p = await project({
    '1_orders.sql': orders,
    '2_b.ts': table('b'),
    '3_c.ts': up(`await knex.schema.alterTable('b', (t) => t.text('note'));
      await knex.transaction((inner) => inner('b').insert({ note: 'x' }));`),
  });
  const before = await everything(p);
  const result = await p.migrate({ dryRun: true });
  expect(await everything(p)).toEqual(before);
  expect(result).toMatchObject({ dryRun: true, applied: [], pending: ['1_orders.sql', '2_b.ts', '3_c.ts'] });
  expect(result.notExecuted).toEqual([]);
  expect(
    result.rehearsed.map(({ name, statements }) => [name, statements.map((each) => each.statement)]),
  ).toEqual([
    [
      '1_orders.sql',
      orders
        .split('\n')
        .slice(1)
        .map((line) => line.replace(/;$/, '')),
    ],
    ['2_b.ts', ['create table "b" ("id" serial primary key)']],
    ['3_c.ts', ['alter table "b" add column "note" text', 'insert into "b" ("note") values ($1)']],
  ]);
  for (const { durationMs, statements } of result.rehearsed) {
    expect(durationMs).toBeGreaterThan(0);
    for (const each of statements) expect(each).toMatchObject({ durationMs: expect.any(Number), locks: [] });
  }
});

it('does not take into the log what knex has applied', async () => {
  const p = await project({ '1_a.ts': table('a') });
  await p.migrate();
  await p.db.query('drop schema tenantctl cascade');
  await p.write({ '2_b.ts': table('b') });
  const before = await everything(p);
  await p.migrate({ dryRun: true });
  expect(await everything(p)).toEqual(before);
});

it('names the locks on tables that were there before, the new and the stronger ones, with their sizes', async () => {
  const p = await project({ '1_orders.sql': orders });
  await p.migrate();
  await p.db.query('analyze orders');
  await p.write({
    '2_locks.sql': `-- migrate:up
select count(*) from orders;
create table notes (order_id bigint references orders (id));
select count(*) from orders;
alter table orders add column paid boolean;
alter table orders add column sent boolean;
drop table lines;`,
  });
  const [file] = (await p.migrate({ dryRun: true })).rehearsed;
  const locks = file?.statements.map((each) => each.locks);
  const size = { relation: 'orders', bytes: expect.any(Number), rows: 100 };
  expect(locks).toEqual([
    [{ ...size, mode: 'ACCESS SHARE' }],
    [{ ...size, mode: 'SHARE ROW EXCLUSIVE' }],
    [],
    [{ ...size, mode: 'ACCESS EXCLUSIVE' }],
    [],
    [{ relation: 'lines', mode: 'ACCESS EXCLUSIVE', bytes: 0, rows: null }],
  ]);
  const [{ bytes } = {}] = await p.db.query<{ bytes: string }>(
    "select pg_total_relation_size('orders') as bytes",
  );
  expect(locks?.[0]?.[0]?.bytes).toBe(Number(bytes));
});

it('ends at a file that cannot run in a transaction, and lists the rest', async () => {
  const p = await project({
    '1_a.ts': table('a'),
    '2_i.ts': outside(['create index concurrently on a (id)']),
    '3_b.ts': table('b'),
  });
  const { rehearsed, notExecuted, planned } = await p.migrate({ dryRun: true });
  expect(rehearsed.map(({ name }) => name)).toEqual(['1_a.ts']);
  expect(notExecuted).toEqual([
    { name: '2_i.ts', reason: 'runs outside a transaction' },
    { name: '3_b.ts', reason: 'comes after 2_i.ts' },
  ]);
  expect(planned).toHaveLength(3);
  await p.remove('1_a.ts');
  expect((await p.migrate({ dryRun: true })).rehearsed).toEqual([]);
});

describe('what would end the transaction is not sent', () => {
  it.each([
    ['commit', 'commit'],
    ['several statements', 'select 1; commit; select 2'],
    ['rollback', 'ROLLBACK AND CHAIN'],
  ])('%s', async (_, sql) => {
    const p = await project({
      '1_a.ts':
        up(`await knex.raw('create table kept ()');\nawait knex.raw(${JSON.stringify(sql)}).catch(() => {});
        await knex.raw('create table later ()');`),
    });
    const before = await everything(p);
    await p.migrate({ dryRun: true });
    expect(await everything(p)).toEqual(before);
    await p.remove('1_a.ts');
    await p.write({ '2_b.ts': up(`await knex.raw(${JSON.stringify(sql)})`) });
    const error = await failure(p.migrate({ dryRun: true }));
    expect(error).toMatchObject({
      kind: 'step-failed',
      partial: { failed: { name: '2_b.ts', left: 'nothing' } },
    });
    expect(error.message).toContain('and so ends by itself the transaction that a dry run rolls back');
  });
});

it('a file that fails: named, with its statement, and nothing stays', async () => {
  const p = await project({
    '1_a.ts': table('a'),
    '2_x.sql': '-- migrate:up\ncreate table x ();\nselect nope;',
  });
  const before = await everything(p);
  const error = await failure(p.migrate({ dryRun: true }));
  expect(error).toMatchObject({
    ...{
      kind: 'step-failed',
      sql: { sqlstate: '42703' },
      hint: 'mend the file, then tenantctl migrate --dry-run',
    },
    partial: { dryRun: true, failed: { name: '2_x.sql', left: 'nothing' }, pending: ['1_a.ts', '2_x.sql'] },
  });
  expect(error.message).toMatch(/^Cannot rehearse 2_x\.sql: .*nothing of it stays\.$/);
  expect(await everything(p)).toEqual(before);
});

it('waits for a lock as a run does, and says who has it', async () => {
  const p = await project({ '1_orders.sql': orders });
  await p.migrate();
  await p.write({ '2_x.sql': '-- migrate:up\nalter table orders add n int;' });
  const other = await p.db.client();
  await other.query('begin; select from orders');
  setTimeout(() => void other.query('commit'), 1_300);
  const { rehearsed } = await p.migrate({ dryRun: true });
  expect(rehearsed[0]?.statements).toHaveLength(1);
  expect(p.events).toContainEqual({ kind: 'info', text: expect.stringContaining('the dry run: a lock') });
});

it('waits for another run, and keeps others out', async () => {
  const p = await project({ '1_a.ts': up(`await knex.raw('select pg_sleep(0.5)')`) });
  const [dry, run] = await Promise.all([p.migrate({ dryRun: true }), p.migrate()]);
  expect(run.applied).toHaveLength(1);
  expect([0, 1]).toContain(dry.rehearsed.length);
  expect(p.events).toContainEqual({
    kind: 'info',
    text: expect.stringContaining('Waiting for the migration lock'),
  });
});

it('a signal cancels the statement, and nothing stays', async () => {
  const p = await project({
    '1_a.ts': up(`await knex.raw('create table a ()'); await knex.raw('select pg_sleep(60)')`),
  });
  const before = await everything(p);
  const error = await failure(p.migrate({ dryRun: true, signal: AbortSignal.timeout(500) }));
  expect(error).toMatchObject({ kind: 'interrupted' });
  expect(await everything(p)).toEqual(before);
});
