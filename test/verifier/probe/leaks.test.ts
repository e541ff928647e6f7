import { describe, expect, it } from 'vitest';
import { CURRENT, isolate, openShop } from './shop.js';

const SELECT_ONLY = `DROP POLICY iso ON kids; CREATE POLICY s ON kids FOR SELECT USING (tenant_id = ${CURRENT});
  CREATE POLICY i ON kids FOR INSERT WITH CHECK (tenant_id = ${CURRENT});`;

/** Rows of two tenants that exist. */
const ROWS = `
  INSERT INTO tenants VALUES ('11111111-1111-4111-8111-111111111111', 'one'), ('22222222-2222-4222-8222-222222222222', 'two');
  INSERT INTO parents (tenant_id) SELECT id FROM tenants;
  INSERT INTO kids (tenant_id, parent_id) SELECT tenant_id, id FROM parents;`;

const ALL = ['context', 'delete', 'insert', 'move', 'select', 'update'];
const READ = ['context', 'select'];

/** A fault, the relation that it is on, and the crossings that the probe must get through. */
const LEAKS: [name: string, sql: string, relation: string, crossings: string[]][] = [
  ['row security off', 'ALTER TABLE kids DISABLE ROW LEVEL SECURITY', 'kids', ALL],
  [
    'owned by the app, not forced',
    'ALTER TABLE kids OWNER TO :app; ALTER TABLE kids NO FORCE ROW LEVEL SECURITY',
    'kids',
    ALL,
  ],
  ['owned by the app, forced', 'ALTER TABLE kids OWNER TO :app', 'kids', ['delete', 'select']],
  [
    'compared by LIKE',
    "ALTER POLICY iso ON kids USING (tenant_id::text LIKE current_setting('app.tenant_id', true))",
    'kids',
    ['context'],
  ],
  [
    'compared in part',
    "ALTER POLICY iso ON kids USING (left(tenant_id::text, 8) = left(current_setting('app.tenant_id', true), 8))",
    'kids',
    ['delete', 'select'],
  ],
  ['USING (true)', 'ALTER POLICY iso ON kids USING (true)', 'kids', ['context', 'delete', 'select']],
  ['a second policy for SELECT', 'CREATE POLICY p ON kids FOR SELECT USING (true)', 'kids', READ],
  [
    'a tautology in disguise',
    'ALTER POLICY iso ON kids USING (tenant_id IS NOT NULL)',
    'kids',
    ['context', 'delete', 'select'],
  ],
  [
    'a subquery bound to itself',
    'ALTER POLICY iso ON kids USING (EXISTS (SELECT FROM parents p WHERE p.tenant_id = tenant_id))',
    'kids',
    ['delete', 'select'],
  ],
  [
    'an OR branch for NULL',
    `ALTER TABLE kids ALTER parent_id DROP NOT NULL; ALTER POLICY iso ON kids USING (tenant_id = ${CURRENT} OR parent_id IS NULL)`,
    'kids',
    ['delete', 'select', 'update'],
  ],
  [
    'AND before OR',
    `ALTER POLICY iso ON kids USING (tenant_id = ${CURRENT} AND note = 'x' OR note = 'kb')`,
    'kids',
    ['delete', 'select'],
  ],
  [
    'the tenant in another column',
    `ALTER TABLE kids ADD org uuid; ALTER POLICY iso ON kids USING (org = ${CURRENT})`,
    'kids',
    ['select'],
  ],
  [
    'the shared role as identity',
    "ALTER POLICY iso ON kids USING (session_user <> 'postgres')",
    'kids',
    ['context', 'delete', 'select'],
  ],
  [
    'open where never set',
    `ALTER POLICY iso ON kids USING (current_setting('app.tenant_id', true) IS NULL OR tenant_id = ${CURRENT})`,
    'kids',
    ['context'],
  ],
  [
    'coalesce',
    `ALTER POLICY iso ON kids USING (tenant_id = coalesce(${CURRENT}, tenant_id))`,
    'kids',
    ['context'],
  ],
  [
    'a negation that NULL passes',
    `ALTER POLICY iso ON kids USING ((tenant_id <> ${CURRENT}) IS NOT TRUE)`,
    'kids',
    ['context'],
  ],
  [
    'compared by range',
    "ALTER POLICY iso ON kids USING (tenant_id::text >= current_setting('app.tenant_id', true))",
    'kids',
    ['context', 'delete', 'select'],
  ],
  ['WITH CHECK (true)', 'ALTER POLICY iso ON kids WITH CHECK (true)', 'kids', ['context', 'insert', 'move']],
  [
    'UPDATE open behind SELECT',
    `${SELECT_ONLY} CREATE POLICY u ON kids FOR UPDATE USING (true)`,
    'kids',
    ['context', 'move', 'update'],
  ],
  [
    'DELETE open behind SELECT',
    `${SELECT_ONLY} CREATE POLICY d ON kids FOR DELETE USING (true)`,
    'kids',
    ['context', 'delete'],
  ],
  [
    'IMMUTABLE function in a policy',
    `CREATE FUNCTION c() RETURNS uuid LANGUAGE sql IMMUTABLE AS $$SELECT ${CURRENT}$$; ALTER POLICY iso ON kids USING (tenant_id = c())`,
    'kids',
    ['plan'],
  ],
  [
    'a helper that ignores its argument',
    "CREATE FUNCTION ok(uuid) RETURNS bool LANGUAGE sql SECURITY DEFINER AS 'SELECT true'; ALTER POLICY iso ON kids USING (ok(tenant_id))",
    'kids',
    ['context', 'delete', 'select'],
  ],
  ["a superuser's view", 'CREATE VIEW v AS SELECT * FROM kids; GRANT SELECT ON v TO :app', 'v', READ],
  [
    "a superuser's view, writable",
    'CREATE VIEW v AS SELECT * FROM kids; GRANT ALL ON v TO :app',
    'v',
    ['context', 'delete', 'select', 'update'],
  ],
  [
    'a view that does not tell whose',
    'CREATE VIEW v AS SELECT note FROM kids; GRANT SELECT ON v TO :app',
    'v',
    READ,
  ],
  ['a view that counts', 'CREATE VIEW v AS SELECT count(*) FROM kids; GRANT SELECT ON v TO :app', 'v', READ],
  [
    'a view of some rows only',
    "CREATE VIEW v AS SELECT id FROM kids WHERE note = 'vip'; GRANT SELECT ON v TO :app",
    'v',
    READ,
  ],
  [
    'a materialized view',
    `${ROWS} CREATE MATERIALIZED VIEW mv AS SELECT * FROM kids; GRANT SELECT ON mv TO :app`,
    'mv',
    ['context'],
  ],
  [
    'a partition granted by itself',
    `CREATE TABLE ev (tenant_id uuid NOT NULL, at date NOT NULL) PARTITION BY RANGE (at);
    CREATE TABLE ev1 PARTITION OF ev FOR VALUES FROM ('2001-01-01') TO ('2002-01-01'); ${isolate('ev')} GRANT SELECT ON ev1 TO :app`,
    'ev1',
    READ,
  ],
  [
    'an inheritance child',
    'CREATE TABLE kids2 () INHERITS (kids); GRANT SELECT, INSERT ON kids2 TO :app',
    'kids2',
    ['context', 'insert', 'select'],
  ],
  [
    'an inheritance parent',
    'CREATE TABLE gp (note text); ALTER TABLE kids INHERIT gp; GRANT SELECT ON gp TO :app',
    'gp',
    READ,
  ],
  [
    'reached by foreign key only',
    'ALTER TABLE kids ADD UNIQUE (id); CREATE TABLE att (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, kid uuid NOT NULL REFERENCES kids (id), body text); GRANT SELECT, INSERT, UPDATE, DELETE ON att TO :app',
    'att',
    ALL,
  ],
  [
    'the root open',
    'ALTER TABLE tenants DISABLE ROW LEVEL SECURITY',
    'tenants',
    ['context', 'insert', 'move', 'select', 'update'],
  ],
  [
    'rows that exist, DELETE open',
    `${ROWS} REVOKE INSERT ON kids, parents, tenants FROM :app; CREATE POLICY d ON kids FOR DELETE USING (true)`,
    'kids',
    ['context', 'delete'],
  ],
  [
    'more rows than a probe may write to',
    `${ROWS} INSERT INTO kids (tenant_id, parent_id) SELECT tenant_id, id FROM parents, generate_series(1, 2000); CREATE POLICY u ON kids FOR UPDATE USING (true)`,
    'kids',
    ['context', 'move', 'update'],
  ],
];

describe('a crossing goes through', () => {
  it.each(LEAKS)('%s', async (_, sql, relation, crossings) => {
    const shop = await openShop();
    await shop.plant(sql);
    const { found, verdicts } = await shop.probe();
    const expected = crossings.map((crossing) => `probe-${crossing}-crosses ${relation}`).sort();
    expect(found.filter((key) => !key.startsWith('probe-tenant-added'))).toEqual(expected);
    expect(verdicts).toEqual({ [relation]: 'leaking' });
  });
});

/** What looks like a fault and is none. */
const NEAR_MISSES: [name: string, sql: string][] = [
  ['nothing', ''],
  ['rows that exist', ROWS],
  [
    'row security off where nobody may',
    'ALTER TABLE kids DISABLE ROW LEVEL SECURITY; REVOKE ALL ON kids FROM :app',
  ],
  [
    'USING (true) behind a restrictive floor',
    `CREATE POLICY p ON kids USING (true); CREATE POLICY r ON kids AS RESTRICTIVE USING (tenant_id = ${CURRENT})`,
  ],
  ['USING (true) for another role', 'CREATE POLICY p ON kids TO pg_monitor USING (true)'],
  ['no policy at all', 'DROP POLICY iso ON kids'],
  ['one column to update', 'REVOKE UPDATE ON kids FROM :app; GRANT UPDATE (note) ON kids TO :app'],
  [
    'a key that may not be read',
    'REVOKE SELECT ON kids FROM :app; GRANT SELECT (tenant_id, note) ON kids TO :app',
  ],
  ['INSERT and nothing else', 'REVOKE ALL ON kids FROM :app; GRANT INSERT ON kids TO :app'],
  ['a unique column of the root', 'ALTER TABLE tenants ADD UNIQUE (name)'],
  [
    'a serial that may not be used',
    `CREATE TABLE s (id serial PRIMARY KEY, tenant_id uuid NOT NULL); ${isolate('s')}`,
  ],
  ['rows that exist, no INSERT', `${ROWS} REVOKE INSERT ON kids, parents, tenants FROM :app`],
  [
    'an error instead of NULL',
    "CREATE FUNCTION c() RETURNS uuid LANGUAGE plpgsql STABLE AS $$BEGIN IF coalesce(current_setting('app.tenant_id', true), '') = '' THEN RAISE EXCEPTION 'no tenant set'; END IF; RETURN current_setting('app.tenant_id')::uuid; END$$; ALTER POLICY iso ON kids USING (tenant_id = (SELECT c()))",
  ],
];

/** security_invoker came with PostgreSQL 15. */
const INVOKER_VIEWS: [name: string, sql: string][] = [
  [
    "an invoker's view, writable",
    'CREATE VIEW v WITH (security_invoker) AS SELECT * FROM kids; GRANT ALL ON v TO :app',
  ],
  [
    "an invoker's view that counts",
    'CREATE VIEW v WITH (security_invoker) AS SELECT count(*) FROM kids; GRANT SELECT ON v TO :app',
  ],
  [
    "an invoker's view of some rows",
    "CREATE VIEW v WITH (security_invoker) AS SELECT id FROM kids WHERE note = 'vip'; GRANT SELECT ON v TO :app",
  ],
  [
    "an invoker's view of a join",
    'CREATE VIEW v WITH (security_invoker) AS SELECT k.id, p.name FROM kids k JOIN parents p ON p.id = k.parent_id WHERE p.name IS NOT NULL; GRANT SELECT ON v TO :app',
  ],
];

describe('nothing goes through', () => {
  it.each([...NEAR_MISSES, ...INVOKER_VIEWS])('%s', async (name, sql) => {
    const shop = await openShop();
    const [{ version } = { version: 0 }] = await shop.db.query<{ version: number }>(
      "SELECT current_setting('server_version_num')::int AS version",
    );
    if (INVOKER_VIEWS.some(([other]) => other === name) && version < 150000) return;
    await shop.plant(sql);
    const { found, verdicts, result } = await shop.probe();
    expect({ found, verdicts }).toEqual({ found: [], verdicts: {} });
    expect(
      result.relations.flatMap(({ proofs }) => proofs).filter((proof) => proof.result !== 'denied'),
    ).toEqual([]);
  });
});
