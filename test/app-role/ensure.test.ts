import { expect, it } from 'vitest';
import { quoteIdent } from '../../src/identifiers.js';
import { createLogin, serverUrl, useTestDatabase } from '../support/database.js';
import { urlFor, withClient } from '../support/server.js';
import { describeRole, ensure, roleFor, SHOP, shopTenancy } from './fixture.js';

const db = useTestDatabase();
const tenancy = shopTenancy();

const LEAST = [
  'database CONNECT',
  'role LOGIN 50',
  'schema USAGE on public',
  'sequence USAGE on orders_id_seq',
  'setting idle_in_transaction_session_timeout=60s',
  'setting statement_timeout=30s',
  'table DELETE,INSERT,SELECT,UPDATE on "Order Lines"',
  'table DELETE,INSERT,SELECT,UPDATE on orders',
  'table DELETE,INSERT,SELECT,UPDATE on tenants',
  // And nothing on its partition by name, where its policies would not hold.
  'table DELETE,INSERT,SELECT,UPDATE on visits',
  'table SELECT on countries',
];

it('before the first migration it makes a login, and says that there is nothing to grant', async () => {
  const role = roleFor(db, 'early');
  const result = await ensure(db.url, tenancy, { role });
  expect(result.warnings.map(({ code }) => code)).toContain('nothing-to-grant');
  expect((await describeRole(db, role)).slice(0, 2)).toEqual(['database CONNECT', 'role LOGIN 50']);
  await db.query(SHOP);
});

it('a dry run says what it would do, and does nothing', async () => {
  const role = roleFor(db, 'dry');
  const result = await ensure(db.url, tenancy, {
    role,
    dryRun: true,
    password: { kind: 'ask', ask: undefined },
  });
  expect(result).toMatchObject({ created: true, dryRun: true, password: 'set' });
  expect(result.changes.map(({ sql }) => sql)).toEqual([
    `CREATE ROLE "${role}" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 50`,
    `ALTER ROLE "${role}" PASSWORD 'SCRAM-SHA-256$***'`,
    `GRANT CONNECT ON DATABASE "${db.name}" TO "${role}"`,
    `GRANT USAGE ON SCHEMA "public" TO "${role}"`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "public"."Order Lines" TO "${role}"`,
    `GRANT SELECT ON TABLE "public"."countries" TO "${role}"`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "public"."orders" TO "${role}"`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "public"."tenants" TO "${role}"`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "public"."visits" TO "${role}"`,
    `GRANT USAGE ON SEQUENCE "public"."orders_id_seq" TO "${role}"`,
    `ALTER ROLE "${role}" IN DATABASE "${db.name}" SET statement_timeout = '30s'`,
    `ALTER ROLE "${role}" IN DATABASE "${db.name}" SET idle_in_transaction_session_timeout = '60s'`,
  ]);
  expect(await describeRole(db, role)).toEqual([]);
});

it('a server that only reads lacks no privilege', async () => {
  const url = new URL(db.url);
  url.searchParams.set('options', '-cdefault_transaction_read_only=on');
  await expect(ensure(url.href, tenancy, { role: roleFor(db, 'standby') })).rejects.toMatchObject({
    ...{ kind: 'usage', sql: { sqlstate: '25006' } },
    hint: expect.stringContaining('name the primary server'),
  });
});

it('makes the least login that can work on the schema, and a second run changes nothing', async () => {
  const role = roleFor(db);
  const first = await ensure(db.url, tenancy, { role });
  expect(first).toMatchObject({ created: true, password: 'set', group: undefined });
  expect(await describeRole(db, role)).toEqual(LEAST);
  const codes = first.warnings.map(({ code }) => code);
  // Until PostgreSQL 14 everybody may create in public.
  expect(codes.filter((code) => code !== 'public-create')).toEqual([
    'untenanted',
    'bypassing-relation',
    'bypassing-relation',
  ]);
  expect(first.warnings[0]?.text).toContain('scratch');

  const url = urlFor(serverUrl(), db.name, { role, password: 'a good password' });
  await withClient(url, async (client) => {
    await client.query('SELECT * FROM orders');
    await expect(client.query('TRUNCATE orders')).rejects.toMatchObject({ code: '42501' });
    await expect(client.query('SELECT * FROM scratch')).rejects.toMatchObject({ code: '42501' });
    await expect(client.query('SELECT * FROM knex_migrations')).rejects.toMatchObject({ code: '42501' });
    await expect(client.query('SELECT * FROM order_notes')).rejects.toMatchObject({ code: '42501' });
  });

  const second = await ensure(db.url, tenancy, { role });
  expect(second).toMatchObject({ created: false, password: 'unchanged', changes: [] });
});

it('grants a view that reads as its caller', async () => {
  const [{ v } = { v: 0 }] = await db.query<{ v: number }>(
    `SELECT current_setting('server_version_num')::int AS v`,
  );
  const role = roleFor(db, 'views');
  if (v >= 150000) await db.query('ALTER VIEW order_notes SET (security_invoker = on)');
  await ensure(db.url, tenancy, { role });
  const granted = (await describeRole(db, role)).includes('table SELECT on order_notes');
  expect(granted).toBe(v >= 150000);
  await db.query('ALTER VIEW order_notes RESET (security_invoker)');
});

it('brings a role back that somebody has given powers to, and reports what else it was granted', async () => {
  const role = roleFor(db, 'strayed');
  await ensure(db.url, tenancy, { role });
  await db.query(`
    ALTER ROLE ${quoteIdent(role)} SUPERUSER BYPASSRLS CREATEDB CREATEROLE REPLICATION NOLOGIN CONNECTION LIMIT -1
      VALID UNTIL '2001-01-01';
    REVOKE SELECT ON orders FROM ${quoteIdent(role)};
    GRANT TRUNCATE ON orders TO ${quoteIdent(role)};
    GRANT INSERT ON orders TO ${quoteIdent(role)} WITH GRANT OPTION;
    GRANT UPDATE (id) ON scratch TO ${quoteIdent(role)};
    ALTER ROLE ${quoteIdent(role)} IN DATABASE ${quoteIdent(db.name)} SET statement_timeout = '5min'`);
  const result = await ensure(db.url, tenancy, { role });
  expect(result.changes.map(({ sql }) => sql)).toEqual([
    `ALTER ROLE "${role}" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 50 VALID UNTIL 'infinity'`,
    `GRANT SELECT ON TABLE "public"."orders" TO "${role}"`,
  ]);
  const warnings = result.warnings.map(({ code, text, sql }) => `${code}: ${sql ?? text}`);
  expect(warnings).toContain(`extra-grant: REVOKE TRUNCATE ON TABLE "public"."orders" FROM "${role}"`);
  expect(warnings).toContain(
    `extra-grant: REVOKE GRANT OPTION FOR INSERT ON TABLE "public"."orders" FROM "${role}"`,
  );
  expect(warnings).toContain(`extra-grant: REVOKE UPDATE ("id") ON TABLE "public"."scratch" FROM "${role}"`);
  expect(warnings).toContain('other-setting: statement_timeout is 5min, not 30s: left as it is.');
  expect(await describeRole(db, role)).toContain('table DELETE,INSERT,SELECT,TRUNCATE,UPDATE on orders');
  // What a warning proposes is SQL that mends it.
  for (const { code, sql } of result.warnings) if (code === 'extra-grant') await db.query(sql ?? '');
  const mended = await ensure(db.url, tenancy, { role });
  expect(mended.changes).toEqual([]);
  expect(mended.warnings.some(({ code }) => code === 'extra-grant')).toBe(false);
});

it('sets no limit on the connections of a role that is at work, and says so', async () => {
  const login = await createLogin(db, 'working');
  await withClient(login.url, async () => {
    const result = await ensure(db.url, tenancy, { role: login.role });
    expect(result.changes.map(({ kind }) => kind)).not.toContain('attributes');
    expect(result.warnings).toContainEqual({
      code: 'no-connection-limit',
      text: `${login.role} may open any number of connections, and has 1 now: give it a limit above what it needs.`,
      sql: `ALTER ROLE "${login.role}" CONNECTION LIMIT 50`,
    });
  });
});

it('grants the sequences that defaults draw from, whoever owns them', async () => {
  const role = roleFor(db, 'numbers');
  await db.query(`
    CREATE SEQUENCE numbers; CREATE SEQUENCE unused;
    CREATE TABLE drawn (id bigint DEFAULT nextval('numbers') PRIMARY KEY, tenant_id uuid REFERENCES tenants);
    ALTER TABLE drawn ENABLE ROW LEVEL SECURITY;
    CREATE POLICY all_rows ON drawn USING (true)`);
  await ensure(db.url, tenancy, { role });
  await withClient(urlFor(serverUrl(), db.name, { role, password: 'a good password' }), async (client) => {
    await client.query('INSERT INTO drawn (tenant_id) VALUES (NULL)');
    await expect(client.query(`SELECT nextval('unused')`)).rejects.toMatchObject({ code: '42501' });
  });
  await db.query('DROP TABLE drawn; DROP SEQUENCE numbers, unused');
});

it('refuses a role that stands above the policies by what it owns or can become', async () => {
  const { role } = await createLogin(db, 'owner');
  const member = await createLogin(db, 'member', { memberOf: [role] });
  await db.query(`ALTER TABLE orders OWNER TO ${quoteIdent(role)}`);
  for (const [name, fact, remedy] of [
    [role, 'owns the table orders', 'ALTER TABLE "public"."orders" OWNER TO <another role>'],
    [
      member.role,
      `can act as ${role}, which owns the table orders`,
      `REVOKE "${role}" FROM "${member.role}"`,
    ],
  ] as const) {
    await expect(ensure(db.url, tenancy, { role: name })).rejects.toMatchObject({
      kind: 'gate',
      code: 'APP_ROLE_UNSAFE',
      message: expect.stringContaining(fact),
      hint: expect.stringContaining(remedy),
    });
  }
  await db.query('ALTER TABLE orders OWNER TO CURRENT_USER');
});

it('never touches the role it runs as, reserved names, or names that would be cut off', async () => {
  const [{ me } = { me: '' }] = await db.query<{ me: string }>('SELECT current_user AS me');
  for (const role of [me, 'pg_monitor', '', 'x'.repeat(64)]) {
    await expect(ensure(db.url, tenancy, { role })).rejects.toMatchObject({
      code: 'ROLE_REFUSED',
      kind: 'usage',
    });
  }
});

it('asks for a password only where there is none', async () => {
  const role = roleFor(db, 'asked');
  const nobody = { kind: 'ask', ask: undefined } as const;
  await expect(ensure(db.url, tenancy, { role, password: nobody })).rejects.toMatchObject({
    code: 'PASSWORD_NEEDED',
    hint: expect.stringContaining('--generate-password'),
  });
  expect(await describeRole(db, role)).toEqual([]);
  const password = { kind: 'ask', ask: async () => 'typed twice' } as const;
  expect(await ensure(db.url, tenancy, { role, password })).toMatchObject({ created: true, password: 'set' });
  expect(await ensure(db.url, tenancy, { role, password: nobody })).toMatchObject({
    password: 'left as it is',
  });
  await withClient(urlFor(serverUrl(), db.name, { role, password: 'typed twice' }), async () => {});
});

it('keeps a generated password as long as it logs in', async () => {
  const role = roleFor(db, 'generated');
  const kept: string[] = [];
  const generate = (fresh: string) => ({
    kind: 'generate' as const,
    ...{ kept: kept.at(-1), fresh, path: '/kept' },
    keep: async (password: string) => void kept.push(password),
  });
  expect(await ensure(db.url, tenancy, { role, password: generate('first') })).toMatchObject({
    password: 'set',
  });
  expect(await ensure(db.url, tenancy, { role, password: generate('second') })).toMatchObject({
    ...{ password: 'unchanged', changes: [], credentials: '/kept' },
  });
  await db.query(`ALTER ROLE ${quoteIdent(role)} PASSWORD 'changed by hand'`);
  expect(await ensure(db.url, tenancy, { role, password: generate('third') })).toMatchObject({
    password: 'set',
  });
  expect(kept).toEqual(['first', 'third']);
});

it('warns of a tenant table without row security, and of a public schema open to all', async () => {
  const role = roleFor(db, 'open');
  await db.query('ALTER TABLE orders DISABLE ROW LEVEL SECURITY; GRANT CREATE ON SCHEMA public TO PUBLIC');
  const { warnings } = await ensure(db.url, tenancy, { role });
  for (const code of ['no-row-security', 'public-create']) {
    await db.query(warnings.find((warning) => warning.code === code)?.sql ?? '');
  }
  const after = await ensure(db.url, tenancy, { role });
  expect(after.warnings.filter(({ code }) => ['no-row-security', 'public-create'].includes(code))).toEqual(
    [],
  );
});

it('two runs at the same time make one role', async () => {
  const role = roleFor(db, 'twice');
  const results = await Promise.all([1, 2, 3].map(() => ensure(db.url, tenancy, { role })));
  expect(results.filter(({ created }) => created)).toHaveLength(1);
  expect(results.filter(({ changes }) => changes.length === 0)).toHaveLength(2);
});
