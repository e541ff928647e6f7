import type pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
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
    CREATE FUNCTION cur() RETURNS uuid LANGUAGE sql STABLE
      RETURN nullif(current_setting('app.tenant_id', true), '')::uuid;
    ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
    GRANT SELECT ON ALL TABLES IN SCHEMA public TO PUBLIC;
    INSERT INTO tenants VALUES ('${A}'), ('${B}');
    INSERT INTO notes VALUES ('${B}', 'x');
    INSERT INTO members VALUES ('${A}', '${A}', 1), ('${A}', '${B}', 2);`);
});

/** How many rows of the other tenant a session of the first one sees. */
async function seen(policy: string, also: string): Promise<number | null> {
  await client.query('BEGIN');
  try {
    await client.query(`${also}; CREATE POLICY p ON notes FOR SELECT USING (${policy})`);
    await client.query(`SELECT set_config('app.tenant_id', $1, true)`, [A]);
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
      'a foreign key that children do not inherit',
      `EXISTS (SELECT FROM parents p WHERE p.id = notes.label AND p.tenant_id = public.cur())`,
      `CREATE TABLE parents (tenant_id uuid, id text UNIQUE, UNIQUE (tenant_id, id)); GRANT SELECT ON parents TO PUBLIC;
        INSERT INTO parents VALUES ('${A}', 'y'), ('${B}', 'x');
        ALTER TABLE notes ADD FOREIGN KEY (tenant_id, label) REFERENCES parents (tenant_id, id);
        CREATE TABLE others () INHERITS (notes); INSERT INTO others VALUES ('${B}', 'y')`,
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
