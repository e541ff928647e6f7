import { expect, it } from 'vitest';
import { isUpToDate, status } from '../../src/migrator/status.js';
import { databaseAt } from '../support/connect.js';
import { createLogin } from '../support/database.js';
import { failure, outside, project, table } from './fixture.js';

it('puts each migration into one list', async () => {
  const p = await project({
    '1_a.ts': table('a'),
    '2_b.ts': table('b'),
    '3_x.ts': outside(['select nope']),
    '4_d.ts': table('d'),
  });
  await failure(p.migrate());
  await p.remove('2_b.ts');
  const result = await p.status();
  expect(result).toMatchObject({
    ledger: { schema: 'public', table: 'knex_migrations' },
    applied: [{ name: '1_a.ts', batch: 1, appliedAt: expect.any(Date), durationMs: expect.any(Number) }],
    missing: [{ name: '2_b.ts', batch: 1, appliedAt: expect.any(Date) }],
    partWay: [{ name: '3_x.ts', batch: 1, direction: 'up', finished: 0, next: 'select nope' }],
    pending: ['4_d.ts'],
    knexLocked: false,
  });
  expect(isUpToDate(result)).toBe(false);
});

it.each([
  ['pending', { pending: ['1'] }],
  ['missing', { missing: [{ name: '1', batch: 1, appliedAt: null }] }],
  ['part way', { partWay: [{ name: '1', batch: 1, direction: 'up' as const, finished: 0, next: null }] }],
])('is not up to date with one %s', async (_, difference) => {
  const p = await project({});
  const result = await p.status();
  expect(isUpToDate(result)).toBe(true);
  expect(isUpToDate({ ...result, ...difference })).toBe(false);
});

it('names server, role and transport, and works as a role that may only look', async () => {
  const p = await project({ '1_a.ts': table('a') });
  await p.migrate();
  const { role, url } = await createLogin(p.db, 'viewer', { attributes: 'BYPASSRLS' });
  await p.db.query(`grant select on knex_migrations, knex_migrations_lock to "${role}";
    grant usage on schema tenantctl to "${role}"; grant select on tenantctl.migration_log to "${role}"`);
  const database = await databaseAt(url);
  const migrations = { directories: [p.directory], tableName: 'knex_migrations', schemaName: undefined };
  const { server, applied, fingerprint } = await status(database, migrations);
  expect(server).toMatchObject({
    version: expect.stringMatching(/^\d+/),
    ...{ role, superuser: false, bypassRls: true, tls: { mode: 'prefer' } },
  });
  expect(applied).toHaveLength(1);
  expect(fingerprint.state).toBe('denied');
  await p.db.query(`grant select on all tables in schema tenantctl to "${role}"`);
  expect((await status(database, migrations)).fingerprint.state).toBe('comparable');
});

it('writes nothing', async () => {
  const p = await project({ '1_a.ts': table('a') });
  await p.status();
  expect(
    await p.db.query(
      `select from pg_class where relnamespace = 'public'::regnamespace
       union all select from pg_namespace where nspname = 'tenantctl'`,
    ),
  ).toEqual([]);
});

it("shows knex's lock", async () => {
  const p = await project({ '1_a.ts': table('a') });
  await p.migrate();
  await p.db.query('update knex_migrations_lock set is_locked = 1');
  expect((await p.status()).knexLocked).toBe(true);
});
