import { afterEach, expect, it } from 'vitest';
import { quoteIdent } from '../../src/identifiers.js';
import { createLogin, createTestDatabase, serverUrl, type TestDatabase } from '../support/database.js';
import { urlFor, withClient } from '../support/server.js';
import { describeRole, ensure, roleFor, SHOP, shopTenancy } from './fixture.js';

const databases: TestDatabase[] = [];
afterEach(async () => {
  for (const database of databases.splice(0)) await database.drop();
});

/** The shop, and a group that may do less than everything: tenants are not the application's to delete. */
async function shopWithGroup(): Promise<{ database: TestDatabase; group: string }> {
  const database = await createTestDatabase();
  databases.push(database);
  const group = roleFor(database, 'access');
  await database.query(`${SHOP}
    CREATE ROLE ${quoteIdent(group)} NOLOGIN;
    GRANT USAGE ON SCHEMA public TO ${quoteIdent(group)};
    GRANT SELECT, UPDATE ON tenants TO ${quoteIdent(group)};
    GRANT SELECT, INSERT, UPDATE, DELETE ON orders, "Order Lines" TO ${quoteIdent(group)};
    GRANT SELECT ON countries TO ${quoteIdent(group)};
    GRANT USAGE ON SEQUENCE orders_id_seq TO ${quoteIdent(group)}`);
  return { database, group };
}

it('puts the login into the configured group, which decides what it may do', async () => {
  const { database, group } = await shopWithGroup();
  const role = roleFor(database);
  const tenancy = shopTenancy({ appGroup: group });
  const result = await ensure(database.url, tenancy, { role });
  expect(result.group).toEqual({ name: group, chosen: 'configured' });
  expect((await describeRole(database, role)).filter((line) => !line.startsWith('setting'))).toEqual([
    'database CONNECT',
    'role LOGIN 50',
  ]);
  await withClient(
    urlFor(serverUrl(), database.name, { role, password: 'a good password' }),
    async (client) => {
      await client.query('SELECT * FROM orders');
      await expect(client.query('DELETE FROM tenants')).rejects.toMatchObject({ code: '42501' });
      const [version] = (await client.query(`SELECT current_setting('server_version_num')::int AS v`)).rows;
      if (version.v >= 160000) {
        await expect(client.query(`SET ROLE ${quoteIdent(group)}`)).rejects.toMatchObject({ code: '42501' });
      }
    },
  );
  expect((await ensure(database.url, tenancy, { role })).changes).toEqual([]);
});

it('finds the one group there is, and stays with it when a new table is not granted yet', async () => {
  const { database, group } = await shopWithGroup();
  const role = roleFor(database);
  const first = await ensure(database.url, shopTenancy(), { role });
  expect(first.group).toEqual({ name: group, chosen: 'found' });
  expect(first.changes.map(({ kind }) => kind)).toEqual([
    ...['role', 'password', 'membership', 'grant', 'setting', 'setting'],
  ]);
  await database.query('CREATE TABLE returns (tenant_id uuid REFERENCES tenants)');
  const second = await ensure(database.url, shopTenancy(), { role });
  expect(second).toMatchObject({ changes: [], group: first.group });
  expect(second.warnings).toContainEqual(
    expect.objectContaining({ code: 'group-without-grants', text: expect.stringContaining('returns') }),
  );
});

it('guesses at nothing: a group with more than an app needs, or a second one, is not taken', async () => {
  const { database, group } = await shopWithGroup();
  await database.query(`GRANT TRUNCATE ON orders TO ${quoteIdent(group)}`);
  const direct = await ensure(database.url, shopTenancy(), { role: roleFor(database), dryRun: true });
  expect(direct.group).toBeUndefined();

  const other = roleFor(database, 'other');
  await database.query(`REVOKE TRUNCATE ON orders FROM ${quoteIdent(group)};
    CREATE ROLE ${quoteIdent(other)} NOLOGIN; GRANT INSERT ON orders TO ${quoteIdent(other)}`);
  const several = await ensure(database.url, shopTenancy(), { role: roleFor(database), dryRun: true });
  expect(several.group).toBeUndefined();
  expect(several.warnings).toContainEqual(expect.objectContaining({ code: 'several-groups' }));
});

it.each([
  ['GRANT SELECT (id) ON scratch TO $', 'REVOKE ALL (id) ON scratch FROM $'],
  ['GRANT CREATE ON DATABASE # TO $', 'REVOKE CREATE ON DATABASE # FROM $'],
  ['GRANT SELECT ON orders TO $ WITH GRANT OPTION', 'REVOKE GRANT OPTION FOR SELECT ON orders FROM $'],
  ['GRANT pg_read_all_data TO $', 'REVOKE pg_read_all_data FROM $'],
  ['ALTER ROLE $ BYPASSRLS', 'ALTER ROLE $ NOBYPASSRLS'],
])('a group is not taken for the application after %s', async (more, less) => {
  const { database, group } = await shopWithGroup();
  const run = (sql: string) =>
    database.query(sql.replaceAll('$', quoteIdent(group)).replaceAll('#', quoteIdent(database.name)));
  const found = async () =>
    (await ensure(database.url, shopTenancy(), { role: roleFor(database), dryRun: true })).group?.name;
  await run(more);
  expect(await found()).toBeUndefined();
  await run(less);
  expect(await found()).toBe(group);
});

it('names what is wrong with a configured group', async () => {
  const { database, group } = await shopWithGroup();
  const role = roleFor(database);
  await expect(
    ensure(database.url, shopTenancy({ appGroup: 'nobody here' }), { role }),
  ).rejects.toMatchObject({
    ...{ kind: 'usage', code: 'NO_SUCH_GROUP' },
  });
  await database.query(`ALTER TABLE orders OWNER TO ${quoteIdent(group)}`);
  await expect(ensure(database.url, shopTenancy({ appGroup: group }), { role })).rejects.toMatchObject({
    ...{ kind: 'gate', code: 'GROUP_UNSAFE', message: expect.stringContaining('owns the table orders') },
  });
  await database.query(`ALTER TABLE orders OWNER TO CURRENT_USER; ALTER ROLE ${quoteIdent(group)} BYPASSRLS`);
  const refused = ensure(database.url, shopTenancy({ appGroup: group }), { role });
  await expect(refused).rejects.toMatchObject({
    ...{ code: 'GROUP_UNSAFE', message: expect.stringContaining('it may ignore every policy (BYPASSRLS)') },
  });
  const remedy = await refused.catch((error: { hint?: string }) => error.hint ?? '');
  await database.query(String(remedy));
  expect(await ensure(database.url, shopTenancy({ appGroup: group }), { role })).toMatchObject({
    created: true,
  });
});

it('the booking platform: its group is found, and the login sees one organization', async () => {
  const database = await createTestDatabase({ template: 'booking-seeded' });
  databases.push(database);
  const role = roleFor(database);
  const tenancy = shopTenancy({
    ...{ root: 'organizations', column: 'organization_id', appGroup: 'booking_app_access' },
    shared: { roles: 'reference data' },
  });
  const result = await ensure(database.url, tenancy, { role });
  expect(result.warnings).toEqual([]);
  await withClient(
    urlFor(serverUrl(), database.name, { role, password: 'a good password' }),
    async (client) => {
      await expect(client.query('SELECT FROM users')).rejects.toMatchObject({ code: 'TN001' });
      await client.query(
        `SELECT set_config('app.organization_id', '10000000-0000-4000-8000-000000000001', false)`,
      );
      const { rows } = await client.query('SELECT DISTINCT organization_id AS id FROM users');
      expect(rows).toEqual([{ id: '10000000-0000-4000-8000-000000000001' }]);
    },
  );
});

it('an owner with CREATEROLE is enough; what it lacks is named', async () => {
  const { database, group } = await shopWithGroup();
  const owner = await createLogin(database, 'owner', { attributes: 'CREATEROLE' });
  const plain = await createLogin(database, 'plain');
  const me = quoteIdent(owner.role);
  await database.query(`ALTER DATABASE ${quoteIdent(database.name)} OWNER TO ${me}`);
  for (const { relation } of await database.query<{ relation: string }>(
    `SELECT format('%s %s', CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END,
       oid::regclass) AS relation FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r','v','m')`,
  )) {
    await database.query(`ALTER ${relation} OWNER TO ${me}`);
  }
  const role = roleFor(database);
  const tenancy = shopTenancy({ appGroup: group });
  const [{ v } = { v: 0 }] = await database.query<{ v: number }>(
    `SELECT current_setting('server_version_num')::int AS v`,
  );
  if (v >= 160000) {
    await expect(ensure(owner.url, tenancy, { role })).rejects.toMatchObject({
      ...{ kind: 'privilege', hint: expect.stringContaining(`ADMIN OPTION on "${group}"`) },
    });
    expect(await describeRole(database, role)).toEqual([]);
    await database.query(`GRANT ${quoteIdent(group)} TO ${me} WITH ADMIN OPTION`);
  }
  expect(await ensure(owner.url, tenancy, { role })).toMatchObject({ created: true, password: 'set' });
  // Without access to pg_authid the password is tested by logging in.
  expect(await ensure(owner.url, tenancy, { role })).toMatchObject({ password: 'unchanged', changes: [] });
  const other = { kind: 'given', password: 'another password' } as const;
  expect(await ensure(owner.url, tenancy, { role, password: other })).toMatchObject({ password: 'set' });

  await expect(ensure(plain.url, tenancy, { role: roleFor(database, 'new') })).rejects.toMatchObject({
    ...{ kind: 'privilege', hint: expect.stringContaining('CREATEROLE') },
  });
});

it('a GRANT that the server only warns about is an error, unless everybody has the privilege anyway', async () => {
  const { database, group } = await shopWithGroup();
  const creator = await createLogin(database, 'creator', { attributes: 'CREATEROLE' });
  const me = quoteIdent(creator.role);
  // Reading is not the right to let others read.
  await database.query(`GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${me};
    GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO ${me};
    DROP OWNED BY ${quoteIdent(group)}; GRANT ${quoteIdent(group)} TO ${me} WITH ADMIN OPTION`);
  const role = roleFor(database);
  await expect(ensure(creator.url, shopTenancy(), { role })).rejects.toMatchObject({
    ...{ kind: 'privilege', message: expect.stringContaining('the server ignored GRANT SELECT') },
  });
  expect(await describeRole(database, role)).toEqual([]);

  const tenancy = shopTenancy({ appGroup: group });
  for (const created of [true, false]) {
    const result = await ensure(creator.url, tenancy, { role });
    expect(result).toMatchObject({
      created,
      warnings: expect.arrayContaining([
        expect.objectContaining({
          ...{ code: 'only-by-public', sql: `GRANT CONNECT ON DATABASE "${database.name}" TO "${role}"` },
        }),
      ]),
    });
    expect(result.changes.some(({ kind }) => kind === 'grant')).toBe(false);
  }
});
