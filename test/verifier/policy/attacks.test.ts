import type pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ContextConfig } from '../../../src/tenancy/config.js';
import { createLogin, useTestDatabase } from '../../support/database.js';
import { sayOf } from './say-of.js';

const A = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
const B = 'bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb';

const db = useTestDatabase();
let client: pg.Client;
let app: string;
beforeAll(async () => {
  client = await db.client();
  ({ role: app } = await createLogin(db, 'attacks'));
  await client.query(`
    CREATE TABLE tenants (id uuid PRIMARY KEY);
    CREATE TABLE notes (tenant_id uuid NOT NULL REFERENCES tenants, label text);
    CREATE TABLE members (tenant_id uuid NOT NULL REFERENCES tenants, who uuid NOT NULL, level int);
    CREATE TABLE plans (tenant_id uuid NOT NULL REFERENCES tenants, name text CHECK (length(name) > 1));
    CREATE FUNCTION cur() RETURNS uuid LANGUAGE sql STABLE
      RETURN nullif(current_setting('app.tenant_id', true), '')::uuid;
    ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
    GRANT SELECT ON ALL TABLES IN SCHEMA public TO PUBLIC;
    INSERT INTO tenants VALUES ('${A}'), ('${B}');
    INSERT INTO notes VALUES ('${B}', 'x');
    INSERT INTO members VALUES ('${A}', '${A}', 1), ('${A}', '${B}', 2);
    INSERT INTO plans VALUES ('${B}', 'pro'), ('${B}', '${A.slice(0, 4)}'), ('${B}', '36');`);
});

/** How many rows of the other tenant a session of the first one sees, which may say more of itself. */
async function seen(policy: string, also: string, says: Record<string, string> = {}): Promise<number | null> {
  await client.query('BEGIN');
  try {
    await client.query(`${also}; CREATE POLICY p ON notes FOR SELECT USING (${policy})`);
    for (const [name, value] of Object.entries({ 'app.tenant_id': A, ...says }))
      await client.query('SELECT set_config($1, $2, true)', [name, value]);
    await client.query(`SET LOCAL SESSION AUTHORIZATION ${app}`);
    return (await client.query('SELECT FROM notes')).rowCount;
  } finally {
    await client.query('ROLLBACK');
  }
}

const mine = 'm.tenant_id = notes.tenant_id';
const asking = (body: string) =>
  `CREATE FUNCTION may(tenant_id uuid) RETURNS boolean LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$ SELECT ${body} $$`;

describe('a policy that lets rows of other tenants through is not said to be proved', () => {
  it.each([
    ['HAVING leaves no row', `NOT EXISTS (SELECT count(*) FROM members m WHERE ${mine} HAVING count(*) > 5)`],
    [
      'HAVING makes a row of none',
      `EXISTS (SELECT 1 FROM members m WHERE ${mine} AND false HAVING count(*) = 0)`,
    ],
    [
      'GROUP BY () makes a row of none',
      `EXISTS (SELECT 1 FROM members m WHERE ${mine} AND false GROUP BY ())`,
    ],
    ['OFFSET behind the one row', 'NOT EXISTS (SELECT count(*) FROM members m OFFSET 1)'],
    ['LIMIT 0', 'NOT EXISTS (SELECT 1 LIMIT 0)'],
    ['a scalar of LIMIT 0', '(SELECT true LIMIT 0) IS NULL'],
    ['ALL of LIMIT 0', 'false = ALL (SELECT true LIMIT 0)'],
    ['any other aggregate', `EXISTS (SELECT stddev(m.level) FROM members m WHERE ${mine} AND false)`],
    ['a window function', `NOT EXISTS (SELECT count(*) OVER () FROM members m WHERE ${mine})`],
    [
      'an aggregate further in',
      `NOT EXISTS (SELECT (SELECT count(*) FROM members) FROM members m WHERE ${mine})`,
    ],
    [
      'other names for the columns',
      `EXISTS (SELECT FROM members m(who, tenant_id) WHERE m.who = public.cur())`,
    ],
    [
      'an aggregate in FROM',
      `EXISTS (SELECT FROM (SELECT count(*) AS n FROM members m WHERE ${mine} AND false) s WHERE s.n = 0)`,
    ],
    [
      'an aggregate in one half',
      `EXISTS (SELECT count(*) FROM members m WHERE ${mine} AND false UNION SELECT 1 WHERE false)`,
    ],
    [
      'a CHECK that children do not inherit',
      `tenant_id = public.cur() OR label = 'open'`,
      `ALTER TABLE notes ADD CHECK (label <> 'open') NO INHERIT;
        CREATE TABLE others () INHERITS (notes); INSERT INTO others VALUES ('${B}', 'open'); DELETE FROM ONLY notes`,
    ],
    [
      'NOT NULL that children do not inherit',
      'tenant_id = public.cur() OR label IS NULL',
      `DO $do$ BEGIN IF current_setting('server_version_num')::int >= 180000
        THEN EXECUTE 'ALTER TABLE notes ADD CONSTRAINT present NOT NULL label NO INHERIT; CREATE TABLE others () INHERITS (notes)';
        ELSE EXECUTE 'ALTER TABLE notes ALTER label SET NOT NULL; CREATE TABLE others () INHERITS (notes);
          ALTER TABLE others ALTER label DROP NOT NULL'; END IF; END $do$;
        INSERT INTO others VALUES ('${B}', NULL); DELETE FROM ONLY notes`,
    ],
    [
      'a generated column that children compute in another way',
      'tenant_id = public.cur() OR opened',
      `ALTER TABLE notes ADD opened boolean GENERATED ALWAYS AS (false) STORED;
        CREATE TABLE others (opened boolean GENERATED ALWAYS AS (true) STORED) INHERITS (notes);
        INSERT INTO others VALUES ('${B}', 'x'); DELETE FROM ONLY notes`,
    ],
    [
      'a generated column that a partition computes in another way',
      'tenant_id = public.cur() OR opened',
      `DROP TABLE notes; CREATE TABLE notes (tenant_id uuid NOT NULL, opened boolean GENERATED ALWAYS AS (false) STORED)
          PARTITION BY LIST (tenant_id);
        CREATE TABLE others (tenant_id uuid NOT NULL, opened boolean GENERATED ALWAYS AS (true) STORED);
        ALTER TABLE notes ATTACH PARTITION others DEFAULT; ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
        GRANT SELECT ON notes TO PUBLIC; INSERT INTO notes VALUES ('${B}')`,
    ],
    [
      'a foreign key that children do not inherit',
      `EXISTS (SELECT FROM parents p WHERE p.id = notes.label AND p.tenant_id = public.cur())`,
      `CREATE TABLE parents (tenant_id uuid, id text UNIQUE, UNIQUE (tenant_id, id)); GRANT SELECT ON parents TO PUBLIC;
        INSERT INTO parents VALUES ('${A}', 'y'), ('${B}', 'x');
        ALTER TABLE notes ADD FOREIGN KEY (tenant_id, label) REFERENCES parents (tenant_id, id);
        CREATE TABLE others () INHERITS (notes); INSERT INTO others VALUES ('${B}', 'y')`,
    ],
    [
      'a parent that a tenant names for itself',
      '(SELECT t.above FROM tenants t WHERE t.id = public.cur()) = tenant_id',
      `ALTER TABLE tenants ADD above uuid; GRANT UPDATE (above) ON tenants TO PUBLIC; UPDATE tenants SET above = '${B}' WHERE id = '${A}'`,
    ],
    [
      'partners that a tenant names for itself',
      'tenant_id IN (SELECT p.partner FROM partners p WHERE p.tenant_id = public.cur())',
      `CREATE TABLE partners (tenant_id uuid NOT NULL, partner uuid); GRANT SELECT, INSERT ON partners TO PUBLIC;
        ALTER TABLE partners ENABLE ROW LEVEL SECURITY; CREATE POLICY mine ON partners USING (tenant_id = cur());
        INSERT INTO partners VALUES ('${A}', '${B}')`,
    ],
    [
      'a function of the same name, first in the search path',
      'public.may(tenant_id)',
      `CREATE FUNCTION may(t uuid) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT t = cur()';
        CREATE SCHEMA own; GRANT ALL ON SCHEMA own TO PUBLIC; SET LOCAL search_path = own, public;
        CREATE FUNCTION own.cur() RETURNS uuid LANGUAGE sql AS $$ SELECT '${B}'::uuid $$`,
    ],
    [
      'other names for those of WITH',
      'public.may(tenant_id)',
      asking('EXISTS (WITH w(tenant_id) AS (SELECT who FROM members) SELECT FROM w WHERE tenant_id = cur())'),
    ],
    [
      'other names for those of VALUES',
      'public.may(tenant_id)',
      asking('EXISTS (SELECT FROM (VALUES (cur())) v(tenant_id) WHERE tenant_id = cur())'),
    ],
    [
      'all columns of a query',
      'public.may(tenant_id)',
      asking('EXISTS (SELECT FROM (SELECT * FROM members) s WHERE tenant_id = cur())'),
    ],
    [
      'other names for those of a join',
      'public.may(tenant_id)',
      asking(
        'EXISTS (SELECT FROM (members JOIN (SELECT 1 AS one) o ON true) AS j(tenant_id) WHERE tenant_id = cur())',
      ),
    ],
    [
      'three queries in one',
      'public.may(tenant_id)',
      asking(
        'EXISTS (SELECT FROM (SELECT who AS tenant_id FROM members UNION SELECT NULL UNION SELECT NULL) s WHERE tenant_id = cur())',
      ),
    ],
    [
      'a view',
      'public.may(tenant_id)',
      `CREATE VIEW everybody AS SELECT tenant_id FROM members; GRANT SELECT ON everybody TO PUBLIC; ${asking('EXISTS (SELECT FROM everybody WHERE tenant_id = cur())')}`,
    ],
    [
      'the rows of a function',
      'public.may(tenant_id)',
      asking('EXISTS (SELECT FROM unnest(ARRAY[cur()]) AS tenant_id WHERE tenant_id = cur())'),
    ],
  ])('%s: %s', async (_what, policy, also = '') => {
    expect(await seen(policy, also)).toBe(1);
    expect(await sayOf(client, { table: 'notes', policy, also, appRole: app })).not.toMatch(/^proved/);
  });
});

const CLAIMS = `nullif(current_setting('request.jwt.claims', true), '')::jsonb`;
const ASKED = `current_setting('app.tenant_id', true)`;
const inPlans = (name: string) =>
  `EXISTS (SELECT FROM plans p WHERE p.tenant_id = notes.tenant_id AND p.name = ${name})`;
const bySetting: ContextConfig = { setting: 'app.tenant_id' };
const byClaims: ContextConfig = {
  sql: [`SELECT set_config('request.jwt.claims', json_build_object('org', $1::text)::text, true)`],
};
const byQuery: ContextConfig = {
  sql: [
    `SELECT set_config('app.tenant_id', $1, true)`,
    `SELECT set_config('app.plan', (SELECT name FROM plans LIMIT 1), true)`,
    `SELECT set_config('request.jwt.claims', (SELECT json_build_object('plan', name)::text FROM plans LIMIT 1), true)`,
  ],
};

describe('a membership that the context does not vouch for is no proof', () => {
  it.each([
    [
      'by a claim that the context does not name',
      `EXISTS (SELECT FROM plans p WHERE p.tenant_id = notes.tenant_id AND p.name = ${CLAIMS} ->> 'user_id')`,
      byClaims,
      { 'request.jwt.claims': JSON.stringify({ org: A, user_id: 'pro' }) },
      /^unknown: user_id in request.jwt.claims, which the context does not name/,
    ],
    [
      'by what lies within one',
      inPlans(`${CLAIMS} -> 'user' ->> 'plan'`),
      byClaims,
      { 'request.jwt.claims': JSON.stringify({ org: A, user: { plan: 'pro' } }) },
      /^unknown: user in request.jwt.claims, which the context does not name/,
    ],
    [
      'by a plan that the context takes from a query',
      inPlans(`current_setting('app.plan', true)`),
      byQuery,
      { 'app.plan': 'pro' },
      /^unknown: the setting app.plan, which the context takes from a query/,
    ],
    [
      'by a plan in claims that the context takes from a query',
      inPlans(`${CLAIMS} ->> 'plan'`),
      byQuery,
      { 'request.jwt.claims': JSON.stringify({ plan: 'pro' }) },
      /^unknown: the setting request.jwt.claims, which the context takes from a query/,
    ],
    ['by a part of the tenant’s key', inPlans(`left(${ASKED}, 4)`), bySetting, {}, /^unknown/],
    ['by the length of the tenant’s key', inPlans(`length(${ASKED})::text`), bySetting, {}, /^unknown/],
  ])('%s', async (_what, policy, context, says, expected) => {
    expect(await seen(policy, '', says)).toBe(1);
    expect(await sayOf(client, { table: 'notes', policy, context, appRole: app })).toMatch(expected);
  });
});
