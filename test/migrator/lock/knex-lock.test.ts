import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { cjs, failure, outside, type Project, project, table, withKnex } from '../fixture.js';

const LOCK = 'select is_locked from knex_migrations_lock';
const HOLDER = 'select pid from tenantctl.lock_holder';
const asCommonJs = (text: string) =>
  text
    .replace('export const config', 'exports.config')
    .replaceAll(/export async function (\w+)/g, 'exports.$1 = async function ');

/** A migration that takes a while, begun; resolves once its statement runs. */
async function running(p: Project, statement = 'select pg_sleep(1)') {
  const done = p.migrate();
  done.catch(() => {});
  const RUNS = `select pid from pg_stat_activity where datname = current_database() 
    and strpos(query, $1) > 0 and state = 'active' and pid <> pg_backend_pid()`;
  await expect.poll(() => p.db.query(RUNS, [statement]), { timeout: 10_000 }).toHaveLength(1);
  const [session] = await p.db.query<{ pid: number }>(RUNS, [statement]);
  return { done, pid: session?.pid };
}

describe('while tenantctl is at work', () => {
  it("knex's lock is set and committed, and who set it is on record; afterwards both are gone", async () => {
    const p = await project({ '1_x.sql': '-- migrate:up\nselect pg_sleep(1)' });
    const { done, pid } = await running(p);
    expect(await p.db.query(LOCK)).toEqual([{ is_locked: 1 }]);
    expect(await p.db.query(HOLDER)).toEqual([{ pid }]);
    await done;
    expect([await p.db.query(LOCK), await p.db.query(HOLDER)]).toEqual([[{ is_locked: 0 }], []]);
  });

  it('a knex that is started refuses, and does not hold up a concurrent index build', async () => {
    const build = 'create index concurrently a_i on a (id)';
    const p = await project({
      '1_a.cjs': cjs('a'),
      '2_i.cjs': asCommonJs(outside(['select pg_sleep(1)', build])),
    });
    const { done } = await running(p);
    await expect(withKnex(p, (migrator) => migrator.latest())).rejects.toThrow('already locked');
    expect((await done).applied).toHaveLength(2);
    expect(
      await p.db.query('select indisvalid from pg_index where indexrelid = $1::regclass', ['a_i']),
    ).toEqual([{ indisvalid: true }]);
  });

  it.each([
    'set role pg_monitor',
    'set default_transaction_read_only = on',
    "set session characteristics as transaction read only; set statement_timeout = '1ms'",
  ])('lets go of it after a file that failed, whatever that file had set: %s', async (setting) => {
    const p = await project({ '1_x.ts': outside([setting, 'select nope']) });
    await failure(p.migrate());
    expect([await p.db.query(LOCK), await p.db.query(HOLDER)]).toEqual([[{ is_locked: 0 }], []]);
  });
});

describe('a lock that is set already', () => {
  it('by a session of ours that is gone, is cleared', async () => {
    const p = await project({ '1_x.ts': outside(['select pg_sleep(30)']) });
    const { done, pid } = await running(p, 'select pg_sleep(30)');
    await p.db.query('select pg_terminate_backend($1)', [pid]);
    await failure(done);
    expect(await p.db.query(LOCK)).toEqual([{ is_locked: 1 }]);
    await p.remove('1_x.ts');
    await p.write({ '1_x.js': outside(['select 1']) });
    expect((await p.migrate({ lockWaitMs: 0 })).applied).toHaveLength(1);
    expect(p.events).toContainEqual({
      kind: 'info',
      text: expect.stringContaining(`session ${pid}, which is gone`),
    });
    expect([await p.db.query(LOCK), await p.db.query(HOLDER)]).toEqual([[{ is_locked: 0 }], []]);
  });

  it('by one that died when everything was done, is cleared although there is nothing to run', async () => {
    const p = await project({ '1_a.ts': table('a') });
    await p.migrate();
    await p.db.query(`
      with lock as (update knex_migrations_lock set is_locked = 1 returning 1)
      insert into tenantctl.lock_holder (ledger, pid, backend_start, row_version, host)
      select '"public"."knex_migrations"', 1, now(), pg_current_xact_id()::text, 'elsewhere' from lock`);
    expect(await p.migrate()).toMatchObject({ before: 1, planned: [] });
    expect([await p.db.query(LOCK), await p.db.query(HOLDER)]).toEqual([[{ is_locked: 0 }], []]);
  });

  it('by another program, is waited for and never guessed at', async () => {
    const p = await project({ '1_a.ts': table('a') });
    await p.migrate();
    await p.write({ '2_b.ts': table('b') });
    await p.db.query('update knex_migrations_lock set is_locked = 1');
    const other = await p.db.client();
    await other.query("set application_name = 'deploy'; select 'knex or not'");
    const error = await failure(p.migrate({ lockWaitMs: 300 }));
    expect(error).toMatchObject({ kind: 'retry', code: 'KNEX_LOCKED' });
    expect(error.message).toMatch(/is_locked = 1 .*sessions that it may be: .*pid \d+ \(deploy from/);
    expect(error.hint).toContain('tenantctl migrate unlock');
    expect(p.events).toContainEqual({
      kind: 'info',
      text: expect.stringMatching(/^Waiting for knex's lock: /),
    });
    const waiting = p.migrate();
    await sleep(500);
    await other.query('update knex_migrations_lock set is_locked = 0');
    expect((await waiting).applied).toMatchObject([{ name: '2_b.ts' }]);
  });

  it('by knex, after somebody unlocked what a dead session of ours had set, is not ours', async () => {
    const p = await project({ '1_x.ts': outside(['select pg_sleep(30)']), '2_b.ts': table('b') });
    const { done, pid } = await running(p, 'select pg_sleep(30)');
    await p.db.query('select pg_terminate_backend($1)', [pid]);
    await failure(done);
    await withKnex(p, (migrator) => migrator.forceFreeMigrationsLock());
    await p.db.query('update knex_migrations_lock set is_locked = 1 where is_locked = 0');
    expect(await failure(p.migrate({ lockWaitMs: 0 }))).toMatchObject({ code: 'KNEX_LOCKED' });
  });

  it('by a transaction that has not ended, is polled, and its session named', async () => {
    const p = await project({ '1_a.ts': table('a') });
    await p.migrate();
    await p.write({ '2_b.ts': table('b') });
    const other = await p.db.client();
    // As knex does where all its files run in transactions.
    await other.query('begin; update knex_migrations_lock set is_locked = 1');
    const error = await failure(p.migrate({ lockWaitMs: 300 }));
    expect(error).toMatchObject({ kind: 'retry', code: 'KNEX_LOCKED' });
    expect(error.message).toMatch(/pid \d+ \(tenantctl-test from .*update knex_migrations_lock.*has its row/);
    const waiting = p.migrate();
    await sleep(300);
    await other.query('rollback');
    expect((await waiting).applied).toHaveLength(1);
  });
});

it('is put there where a knex was stopped between making the table and that', async () => {
  const p = await project({ '1_a.ts': table('a') });
  await p.db.query('create table knex_migrations_lock (index serial primary key, is_locked integer)');
  expect(await failure(p.migrate({ lockWaitMs: 300 }))).toMatchObject({ code: 'KNEX_LOCKED' });
  expect((await p.migrate()).applied).toHaveLength(1);
  expect(await p.db.query(LOCK)).toEqual([{ is_locked: 0 }]);
});

it('is not taken where there is nothing to run', async () => {
  const p = await project({ '1_a.ts': table('a') });
  await p.migrate();
  await p.db.query('update knex_migrations_lock set is_locked = 1');
  expect(await p.migrate({ lockWaitMs: 0 })).toMatchObject({ before: 1, planned: [] });
  expect(await p.db.query(LOCK)).toEqual([{ is_locked: 1 }]);
});
