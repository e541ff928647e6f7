import { expect, it } from 'vitest';
import { withScratch } from '../../../src/verifier/self-test/scratch.js';
import { quiet } from '../../leaks/scratch.js';
import { databaseAt } from '../../support/connect.js';
import { createLogin, serverUrl, useTestDatabase } from '../../support/database.js';
import { withClient } from '../../support/server.js';

const db = useTestDatabase();
const options = { ...quiet, lockWaitMs: 60_000 };

/** Databases and roles of self-tests, and the role that the schema makes. */
function remains(): Promise<string[]> {
  return withClient(serverUrl(), async (client) => {
    const { rows } = await client.query<{ name: string }>(
      `SELECT datname AS name FROM pg_database WHERE starts_with(datname, 'tenantctl_selftest_')
       UNION ALL SELECT rolname FROM pg_roles WHERE starts_with(rolname, 'tenantctl_selftest_') OR rolname = 'selftest_group'`,
    );
    return rows.map(({ name }) => name);
  });
}

const SCHEMA =
  'CREATE ROLE selftest_group; CREATE TABLE things (id int); GRANT SELECT ON things TO selftest_group';

it('lends copies, and leaves nothing behind, also where it fails', async () => {
  const server = await databaseAt(serverUrl());
  const prepare: Parameters<typeof withScratch>[1]['prepare'] = (database) =>
    database.connect(async (client) => void (await client.query(SCHEMA)));
  const seen = await withScratch(server, { ...options, prepare }, async ({ withClone, rolePrefix }) => {
    await withClone(({ auditor }) =>
      auditor.connect(async (client) => {
        await client.query(
          `CREATE ROLE ${rolePrefix}_x; GRANT SELECT ON things TO ${rolePrefix}_x; INSERT INTO things VALUES (1)`,
        );
      }),
    );
    return withClone(({ auditor }) =>
      auditor.connect(async (client) => ({
        things: (await client.query('SELECT FROM things')).rowCount,
        roles: (await client.query(`SELECT FROM pg_roles WHERE rolname = '${rolePrefix}_x'`)).rowCount,
      })),
    );
  });
  expect(seen).toEqual({ things: 0, roles: 0 });
  expect(await remains()).toEqual([]);

  const broken = withScratch(server, { ...options, prepare }, async () => {
    throw new Error('stopped');
  });
  await expect(broken).rejects.toThrow('stopped');
  expect(await remains()).toEqual([]);
});

it('removes what a run has left that was killed', async () => {
  await withClient(serverUrl(), async (client) => {
    await client.query('CREATE ROLE tenantctl_selftest_dead_app; CREATE ROLE selftest_group');
    await client.query('CREATE DATABASE tenantctl_selftest_dead');
    await client.query(
      `COMMENT ON DATABASE tenantctl_selftest_dead IS '["tenantctl_selftest_dead_app", "selftest_group"]'`,
    );
    await client.query('CREATE DATABASE tenantctl_selftest_dead_7');
  });
  const server = await databaseAt(serverUrl());
  const during = await withScratch(server, { ...options, prepare: async () => {} }, remains);
  expect(during).toEqual([expect.stringMatching(/^tenantctl_selftest_[0-9a-f]{8}$/)]);
  expect(await remains()).toEqual([]);
});

it('asks for a superuser', async () => {
  const { url } = await createLogin(db, 'creator', { attributes: 'CREATEDB CREATEROLE' });
  const server = await databaseAt(url);
  await expect(withScratch(server, { ...options, prepare: async () => {} }, remains)).rejects.toMatchObject({
    ...{ kind: 'privilege', code: 'SELF_TEST_PRIVILEGE' },
    message: expect.stringMatching(/^Cannot plant faults as .*creator_/),
  });
});
