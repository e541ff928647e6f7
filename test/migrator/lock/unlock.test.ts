import { expect, it } from 'vitest';
import { quoteIdent } from '../../../src/identifiers.js';
import { type UnlockResult, unlock } from '../../../src/migrator/lock/unlock.js';
import { databaseAt } from '../../support/connect.js';
import { createLogin } from '../../support/database.js';
import { failure, outside, type Project, project, table } from '../fixture.js';

const LOCK = 'select is_locked from knex_migrations_lock';

async function hanging(p: Project) {
  const done = failure(p.migrate());
  const RUNS = `select pid from pg_stat_activity where datname = current_database() and query = 'select pg_sleep(60)'`;
  await expect.poll(() => p.db.query(RUNS), { timeout: 10_000 }).toHaveLength(1);
  const [session] = await p.db.query<{ pid: number }>(RUNS);
  return { done, pid: session?.pid };
}

it('names the session that holds the lock, and ends it once that is approved', async () => {
  const p = await project({ '1_x.ts': outside(['select pg_sleep(60)']), '2_b.ts': table('b') });
  const { done, pid } = await hanging(p);
  const victim = { pid, application: 'tenantctl/test', query: 'select pg_sleep(60)' };
  expect(await p.unlock({ dryRun: true })).toMatchObject({
    holders: [victim],
    knexLocked: true,
    suspects: [],
  });
  const refused = p.unlock({ approve: () => Promise.reject(new Error('no')) });
  await expect(refused).rejects.toThrow('no');
  expect(await p.db.query(LOCK)).toEqual([{ is_locked: 1 }]);
  const asked: UnlockResult[] = [];
  await p.unlock({ approve: async (plan) => void asked.push(plan) });
  expect(asked).toMatchObject([{ holders: [victim] }]);
  expect(await done).toMatchObject({ kind: 'unreachable' });
  expect(await p.db.query(LOCK)).toEqual([{ is_locked: 0 }]);
  expect(p.events).toContainEqual({ kind: 'info', text: expect.stringMatching(`^Ended pid ${pid} `) });
  expect(await p.unlock()).toMatchObject({ holders: [], knexLocked: false });
});

it('clears what a knex CLI left behind, and leaves alone whoever may have been it', async () => {
  const p = await project({ '1_a.ts': table('a') });
  await p.migrate();
  await p.db.query('update knex_migrations_lock set is_locked = 1');
  const other = await p.db.client();
  await other.query("set application_name = 'deploy'");
  const result = await p.unlock();
  expect(result).toMatchObject({ holders: [], knexLocked: true });
  expect(result.suspects).toContainEqual(expect.objectContaining({ application: 'deploy' }));
  expect(await p.db.query(LOCK)).toEqual([{ is_locked: 0 }]);
  expect((await other.query('select 1 as alive')).rows).toEqual([{ alive: 1 }]);
});

it('says so where it may not end the session of another role, and then clears nothing', async () => {
  const p = await project({ '1_x.ts': outside(['select pg_sleep(60)']), '2_b.ts': table('b') });
  const { done, pid } = await hanging(p);
  const login = await createLogin(p.db, 'other');
  await p.db.query(`grant usage on schema public, tenantctl to ${quoteIdent(login.role)}`);
  await p.db.query(`grant all on all tables in schema public, tenantctl to ${quoteIdent(login.role)}`);
  const migrations = { directories: [p.directory], tableName: 'knex_migrations', schemaName: undefined };
  const options = { migrations, dryRun: false, onEvent: () => {}, approve: async () => {} };
  const error = await failure(unlock(await databaseAt(login.url), options));
  expect(error).toMatchObject({ kind: 'privilege', code: 'MAY_NOT_TERMINATE' });
  expect(error.message).toContain(`pid ${pid} `);
  expect(await p.db.query(LOCK)).toEqual([{ is_locked: 1 }]);
  await p.unlock();
  await done;
});

it("ends the session whose open transaction has knex's row", async () => {
  const p = await project({ '1_a.ts': table('a') });
  await p.migrate();
  const other = await p.db.client();
  await other.query("set application_name = 'stuck'; begin; update knex_migrations_lock set is_locked = 1");
  const waiter = await p.db.client();
  const waits = waiter.query("set application_name = 'waits'; select from knex_migrations_lock for update");
  expect((await p.unlock()).holders).toMatchObject([{ application: 'stuck' }]);
  await waits;
  await expect(other.query('select 1')).rejects.toThrow();
});

it('has nothing to do on a database without a ledger', async () => {
  const p = await project({});
  expect(await p.unlock()).toEqual({ dryRun: false, holders: [], knexLocked: false, suspects: [] });
});
