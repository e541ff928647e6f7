import type pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ContextConfig } from '../../../src/tenancy/config.js';
import type { Command, Expression } from '../../../src/verifier/policy/applying.js';
import { createLogin, useTestDatabase } from '../../support/database.js';
import { sayOf } from './say-of.js';

const A = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
const B = 'bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb';
const USER = 'ffffffff-ffff-4fff-8fff-ffffffffffff';

const db = useTestDatabase();
let client: pg.Client;
let app: string;
beforeAll(async () => {
  client = await db.client();
  ({ role: app } = await createLogin(db, 'users'));
  await client.query(`
    CREATE TABLE tenants (id uuid PRIMARY KEY);
    CREATE TABLE users (id uuid PRIMARY KEY, code int);
    CREATE TABLE projects (tenant_id uuid NOT NULL REFERENCES tenants, id int PRIMARY KEY, user_id uuid REFERENCES users,
      label text, founder uuid REFERENCES tenants);
    CREATE TABLE members (tenant_id uuid NOT NULL REFERENCES tenants, user_id uuid REFERENCES users, level int, role text);
    CREATE TABLE notices (tenant_id uuid NOT NULL REFERENCES tenants, topic text);
    ALTER TABLE projects ENABLE ROW LEVEL SECURITY;
    ALTER TABLE notices ENABLE ROW LEVEL SECURITY;
    CREATE POLICY own ON notices USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
    CREATE FUNCTION asked_user() RETURNS uuid LANGUAGE plpgsql STABLE AS $$
      BEGIN FOR i IN 1 .. 1 LOOP RETURN nullif(current_setting('app.user_id', true), '')::uuid; END LOOP; END $$;
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO PUBLIC;
    INSERT INTO tenants VALUES ('${A}'), ('${B}');
    INSERT INTO users VALUES ('${USER}', 1);
    INSERT INTO projects VALUES ('${B}', 1, '${USER}', 'x', '${A}');
    INSERT INTO members VALUES ('${B}', '${USER}', 1, 'x');
    INSERT INTO notices VALUES ('${A}', 'x');`);
});

const setting: ContextConfig = { setting: 'app.tenant_id' };
const tenant = `SELECT set_config('app.tenant_id', $1, true)`;
const withUser: ContextConfig = { sql: [tenant, `SELECT set_config('app.user_id', '${USER}', true)`] };
const levelOne: ContextConfig = { sql: [tenant, `SELECT set_config('app.user_id', '1', true)`] };

/** How many rows of the other tenant a session sees that names the first, and says what it likes besides. */
async function seen(policy: string, besides: Record<string, string>): Promise<number | null> {
  await client.query('BEGIN');
  try {
    await client.query(`CREATE POLICY p ON projects FOR SELECT USING (${policy})`);
    for (const [name, value] of Object.entries({ 'app.tenant_id': A, ...besides }))
      await client.query('SELECT set_config($1, $2, true)', [name, value]);
    await client.query(`SET LOCAL SESSION AUTHORIZATION ${app}`);
    return (await client.query('SELECT FROM projects')).rowCount;
  } finally {
    await client.query('ROLLBACK');
  }
}

const byMember = (test: string) => `tenant_id IN (SELECT m.tenant_id FROM members m WHERE ${test})`;
const MY_USER = `nullif(current_setting('app.user_id', true), '')::uuid`;

describe('rows of other tables that are to give access', () => {
  const userIsNoPart = 'unknown: the setting app.user_id, which is no part of the context';

  it.each([
    ['a setting that nobody ties to the tenant', byMember(`m.user_id = ${MY_USER}`), setting, userIsNoPart],
    [
      'the same, in a function that is not understood',
      byMember('m.user_id = public.asked_user()'),
      setting,
      'unknown: the function public.asked_user, which cannot be looked into',
    ],
    [
      'the login, which is that of all tenants',
      byMember('m.role = session_user::text OR m.level = 1'),
      withUser,
      /^(ignores|unknown)/,
    ],
    [
      "a number that happens to be the user's",
      byMember('m.level = 1'),
      levelOne,
      /^ignores: .* one of members with level = 1/,
    ],
    [
      "a text in which a row of one's own agrees with it",
      `EXISTS (SELECT FROM notices n JOIN members m ON m.role = n.topic WHERE n.topic = 'x' AND m.tenant_id = projects.tenant_id)`,
      setting,
      /^(ignores|unknown)/,
    ],
  ])('are no proof by %s', async (_what, policy, context, expected) => {
    expect(await seen(policy, { 'app.user_id': context === levelOne ? '1' : USER })).toBe(1);
    expect(await sayOf(client, { table: 'projects', policy, context, appRole: app })).toMatch(expected);
  });

  it('are none that only the constants of the context keep away', async () => {
    const store = { sql: [tenant, `SELECT set_config('app.store', '*', true)`] };
    const policy = `tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid OR current_setting('app.store', true) = 'harbour'`;
    expect(await seen(policy, { 'app.store': 'harbour' })).toBe(1);
    expect(await sayOf(client, { table: 'projects', policy, context: store, appRole: app })).toBe(
      'unknown: the setting app.store, which is not always "*"',
    );
  });

  it('are one by what the context says of who is signed in', async () => {
    const policy = byMember(`m.user_id = ${MY_USER}`);
    expect(await sayOf(client, { table: 'projects', policy, context: withUser, appRole: app })).toBe(
      'proved public.members',
    );
  });

  it.each([
    ['sub', 'proved public.members'],
    ['role', 'unknown: the setting request.jwt.claims, which the context takes from a query'],
  ])('are one by a claim from a query that names somebody: %s', async (claim, expected) => {
    const found = `SELECT json_build_object('sub', user_id, 'role', user_id)::text FROM members WHERE tenant_id = $1::uuid`;
    const context = { sql: [`SELECT set_config('request.jwt.claims', (${found}), true)`] };
    const policy = byMember(
      `m.user_id = (nullif(current_setting('request.jwt.claims', true), '')::json ->> '${claim}')::uuid`,
    );
    expect(await sayOf(client, { table: 'projects', policy, context, appRole: app })).toBe(expected);
  });
});

describe('rows that name who is signed in', () => {
  const ofTheUser = 'unknown: rows that name who is signed in, of whichever tenant';
  const bySub: ContextConfig = { sql: [`SELECT set_config('app.user_id', $1, true)`] };
  const say = (policy: string, context: ContextConfig, about?: [Command, Expression]) =>
    sayOf(client, { table: 'projects', policy, context, appRole: app, ...(about && { about }) });

  it.each([
    [`user_id = ${MY_USER}`, withUser],
    [
      `user_id = ${MY_USER} OR tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid`,
      withUser,
    ],
    [`user_id = ${MY_USER}`, bySub],
  ])('are found by the user: %s', async (policy, context) => {
    expect(await say(policy, context)).toBe(ofTheUser);
  });

  it.each([
    [`user_id = ${MY_USER}`, setting, /^unknown: the setting app.user_id/],
    [`user_id = '${USER}'`, withUser, /^ignores: a row with user_id = /],
    [`user_id = ${MY_USER} OR label = 'x'`, withUser, /^ignores: a row with .*label = 'x'/],
    [`user_id IS DISTINCT FROM ${MY_USER}`, withUser, /^(ignores|always|unset)/],
    [`user_id = ${MY_USER} OR user_id IS NULL`, withUser, /^ignores: a row with user_id NULL/],
    [
      `user_id = nullif(current_setting('app.tenant_id', true), '')::uuid`,
      setting,
      /^ignores: a row with user_id = /,
    ],
    // Where each user is a tenant, this is the tenants' column, and the wrong one.
    [`founder = ${MY_USER}`, bySub, /^ignores: a row with founder = /],
  ])('are not: %s', async (policy, context, expected) => {
    expect(await say(policy, context)).toMatch(expected);
  });

  it.each([
    ['insert', `CREATE POLICY p ON projects USING (user_id = ${MY_USER})`],
    ['insert', `CREATE POLICY p ON projects FOR INSERT WITH CHECK (user_id = ${MY_USER})`],
    ['update', `CREATE POLICY p ON projects FOR UPDATE USING (user_id = ${MY_USER})`],
  ] as const)('are not for everybody named in them to write: %s, %s', async (command, policy) => {
    expect(await say(policy, withUser, [command, 'check'])).toMatch(/^ignores: a row with user_id = /);
  });
});
