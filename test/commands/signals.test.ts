import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { finished } from '../support/cli.js';
import { type Checkout, checkout, documentOf, untilRunning } from './fixture.js';

const FREE = `select (select sum(is_locked)::int from knex_migrations_lock) as knex,
  (select count(*)::int from tenantctl.lock_holder) as holders,
  (select count(*)::int from pg_locks where locktype = 'advisory') as advisory,
  (select count(*)::int from pg_stat_activity where datname = current_database()
     and application_name like 'tenantctl/%') as sessions`;

/** Signals a run of `migrate` twice; how it ended, and how long that took. */
async function stop(c: Checkout, signal: NodeJS.Signals, fragment: string) {
  const child = c.spawn('migrate', '--json');
  const ended = finished(child);
  await untilRunning(c.db, fragment);
  const since = Date.now();
  child.kill(signal);
  await sleep(20);
  child.kill(signal);
  const document = documentOf(await ended);
  return { document, tookMs: Date.now() - since };
}

async function expectFree(c: Checkout): Promise<void> {
  const free = { knex: 0, holders: 0, advisory: 0, sessions: 0 };
  await expect.poll(async () => (await c.db.query(FREE))[0], { timeout: 2_000 }).toEqual(free);
}

describe.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)(
  '%s ends migrate with %i within two seconds, twice is once, and leaves every lock free',
  (signal, code) => {
    it.each([
      [
        'a file outside a transaction',
        '-- migrate:up transaction:false\ncreate table x ();\nselect pg_sleep(60);',
      ],
      ['a file in a transaction', '-- migrate:up\ncreate table y ();\nselect pg_sleep(60);'],
    ])('%s', async (_, text) => {
      const c = await checkout({ 'migrations/1_x.sql': text });
      const { document, tookMs } = await stop(c, signal, 'pg_sleep');
      expect(document).toMatchObject({ exitCode: code, error: { code: 'INTERRUPTED' } });
      expect(tookMs).toBeLessThan(2_000);
      await expectFree(c);
      await c.write({ 'migrations/1_x.sql': text.replace('60', '0') });
      expect((await c.run('migrate', '--lock-wait', '0')).exitCode).toBe(0);
    });

    it('a concurrent build, which is begun again', async () => {
      const c = await checkout({
        'migrations/1_t.sql': '-- migrate:up\ncreate table t (n int);',
        'migrations/2_i.sql': '-- migrate:up transaction:false\ncreate index concurrently t_n on t (n);',
      });
      await c.apply('1_t');
      const other = await c.db.client();
      await other.query('begin; insert into t values (1)');
      const { document, tookMs } = await stop(c, signal, 'create index concurrently');
      expect(document).toMatchObject({ exitCode: code, failed: { name: '2_i.sql' } });
      expect(tookMs).toBeLessThan(2_000);
      await other.query('commit');
      await expectFree(c);
      expect((await c.run('migrate')).exitCode).toBe(0);
      const valid = "select indisvalid from pg_index where indexrelid = 't_n'::regclass";
      expect(await c.db.query(valid)).toEqual([{ indisvalid: true }]);
    });

    it('between the attempts at a lock', async () => {
      const c = await checkout({ 'migrations/1_t.sql': '-- migrate:up\ncreate table t (n int);' });
      await c.apply();
      await c.write({ 'migrations/2_x.sql': '-- migrate:up\nalter table t add m int;' });
      const other = await c.db.client();
      await other.query('begin; select from t');
      const child = c.spawn('migrate', '--json');
      const ended = finished(child);
      await untilRunning(c.db, 'alter table t');
      await sleep(1_300);
      const since = Date.now();
      child.kill(signal);
      expect(documentOf(await ended)).toMatchObject({ exitCode: code });
      expect(Date.now() - since).toBeLessThan(2_000);
      await expectFree(c);
    });
  },
);
