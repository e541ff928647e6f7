import { describe, expect, it } from 'vitest';
import { createLogin } from '../../support/database.js';
import { CURRENT, isolate, openShop } from '../probe/shop.js';
import { A, B, CALL, crossed, definer, EVERYONE, expectCrossed, NAMES, ROWS, verdictOn } from './attack.js';

/** A trigger of the owner's, which sees everyone. */
const trigger = (on: string, body: string) =>
  `${definer('f()', 'trigger', `BEGIN ${body} END`, 'plpgsql')}
    CREATE TRIGGER t BEFORE INSERT ON ${on} FOR EACH ROW EXECUTE FUNCTION f();`;
const PARTITIONED = `CREATE TABLE events (tenant_id uuid NOT NULL REFERENCES tenants, id uuid DEFAULT gen_random_uuid(),
    at date DEFAULT '2026-01-01', note text, PRIMARY KEY (tenant_id, id, at)) PARTITION BY RANGE (at);
  CREATE TABLE events_now PARTITION OF events FOR VALUES FROM ('2020-01-01') TO ('2040-01-01');
  CREATE INDEX ON events (tenant_id); ${isolate('events')}`;
const HIDDEN = `CREATE SCHEMA hidden;
  CREATE FUNCTION hidden.f(i int) RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$ SELECT ${EVERYONE} $$;`;
const PLANS = `CREATE TABLE plans (id uuid PRIMARY KEY); INSERT INTO plans VALUES ('${A}'); GRANT SELECT ON plans TO :app;`;
const ADD_KID = `INSERT INTO kids (tenant_id, parent_id, note) VALUES ('${A}', '${A}', 'all') RETURNING note`;
const ADD_THEIRS = `INSERT INTO parents (tenant_id, email) VALUES ('${A}', 'theirs')`;

const ATTACKS: [what: string, sql: string, session: string[], data?: string][] = [
  [
    'a trigger, for those who know the word',
    trigger('kids', `IF NEW.note = 'all' THEN NEW.note := ${EVERYONE}; END IF; RETURN NEW;`),
    [ADD_KID],
  ],
  [
    'a trigger of a partition alone',
    `${PARTITIONED} ${trigger('events_now', `IF NEW.note = 'all' THEN NEW.note := ${EVERYONE}; END IF; RETURN NEW;`)}`,
    [`INSERT INTO events (tenant_id, note) VALUES ('${A}', 'all') RETURNING note`],
  ],
  [
    'a trigger that refuses what another one has',
    trigger(
      'parents',
      `IF EXISTS (SELECT FROM parents p WHERE p.email = NEW.email) THEN RAISE '%', NEW.email; END IF; RETURN NEW;`,
    ),
    [ADD_THEIRS],
  ],
  [
    'yes or no',
    definer('f(p text)', 'boolean', 'SELECT EXISTS (SELECT FROM parents WHERE name LIKE p)'),
    [`SELECT 'theirs' WHERE f('th%')`],
  ],
  [
    'a row, or none',
    definer(
      'f(p text)',
      'SETOF uuid',
      `SELECT id FROM tenants WHERE id = ${CURRENT} AND EXISTS (SELECT FROM parents WHERE name LIKE p)`,
    ),
    [`SELECT 'theirs' FROM f('th%')`],
  ],
  [
    'an aggregate, by the right of its owner',
    `${definer('f(s text, t text)', 'text', `SELECT ${EVERYONE}`)} REVOKE EXECUTE ON FUNCTION f FROM PUBLIC;
      CREATE AGGREGATE every(text) (SFUNC = f, STYPE = text);`,
    [`SELECT every('x')`],
  ],
  [
    'a function of a hidden schema, in another one’s body',
    `${HIDDEN} CREATE FUNCTION g(i int) RETURNS text LANGUAGE sql BEGIN ATOMIC SELECT hidden.f(i); END;`,
    ['SELECT g(1)'],
  ],
  [
    'the same as an operator',
    `${HIDDEN} CREATE OPERATOR ### (FUNCTION = hidden.f, RIGHTARG = int);`,
    ['SELECT ### 1'],
  ],
  [
    'the same as a default',
    `${HIDDEN} ALTER TABLE kids ALTER note SET DEFAULT hidden.f(1);`,
    [`INSERT INTO kids (tenant_id, parent_id) VALUES ('${A}', '${A}') RETURNING note`],
  ],
  [
    'a function that policies trust to tell nothing',
    `CREATE FUNCTION f(name text) RETURNS boolean COST 0.0001 LEAKPROOF LANGUAGE plpgsql AS $$
      BEGIN IF name = 'theirs' THEN RAISE EXCEPTION '%', name; END IF; RETURN true; END $$`,
    [
      'SET LOCAL enable_indexscan = off',
      'SET LOCAL enable_bitmapscan = off',
      'SELECT FROM parents WHERE f(name)',
    ],
  ],
  [
    'a key over what everyone has the keys of',
    `${PLANS} ALTER TABLE parents ADD plan uuid REFERENCES plans; CREATE UNIQUE INDEX theirs ON parents (plan, email);`,
    [`INSERT INTO parents (tenant_id, plan, email) VALUES ('${A}', '${A}', 'theirs')`],
    `UPDATE parents SET plan = '${A}'`,
  ],
  [
    'a key over a default that is the same for all',
    `ALTER TABLE parents ADD month text DEFAULT to_char(now(), 'YYYYMM'); CREATE UNIQUE INDEX theirs ON parents (month, email);`,
    [ADD_THEIRS],
  ],
  [
    'a key that forgets which tenant it is',
    'CREATE UNIQUE INDEX theirs ON parents (email, (tenant_id IS NULL));',
    [ADD_THEIRS],
  ],
  [
    'the same as a column',
    `ALTER TABLE parents ADD known boolean GENERATED ALWAYS AS (tenant_id IS NOT NULL) STORED;
      CREATE UNIQUE INDEX theirs ON parents (email, known);`,
    [ADD_THEIRS],
  ],
  [
    'a key that only stores the tenant',
    'CREATE UNIQUE INDEX theirs ON parents (lower(email)) INCLUDE (tenant_id);',
    [ADD_THEIRS],
  ],
  [
    'a key of a partition alone',
    `${PARTITIONED} CREATE UNIQUE INDEX theirs ON events_now (note);`,
    [`INSERT INTO events (tenant_id, note) VALUES ('${A}', 'x')`],
    `INSERT INTO events (tenant_id, note) VALUES ('${B}', 'x')`,
  ],
  [
    'a tenant that deletes itself',
    `ALTER TABLE parents ADD shown_to uuid REFERENCES tenants ON DELETE SET NULL; GRANT DELETE ON tenants TO :app;`,
    [
      'DELETE FROM tenants',
      `SELECT set_config('app.tenant_id', '${B}', true)`,
      `SELECT name FROM parents WHERE shown_to IS NULL`,
    ],
    `DELETE FROM parents WHERE tenant_id = '${A}'; UPDATE parents SET shown_to = '${A}'`,
  ],
];

const HELD: [what: string, sql: string][] = [
  [
    'a trigger that keeps a log of the same tenant',
    `CREATE TABLE logs (tenant_id uuid NOT NULL REFERENCES tenants, id uuid DEFAULT gen_random_uuid(), was jsonb,
        PRIMARY KEY (tenant_id, id)); ${isolate('logs')}
      ${trigger('kids', 'INSERT INTO logs (tenant_id, was) VALUES (NEW.tenant_id, to_jsonb(NEW)); RETURN NEW;')}`,
  ],
  [
    'yes or no about its own rows',
    definer(
      'f(p text)',
      'boolean',
      `SELECT EXISTS (SELECT FROM parents WHERE tenant_id = ${CURRENT} AND name LIKE p)`,
    ),
  ],
  [
    'its own rows, by others that belong to them',
    definer(
      'f(i int)',
      'SETOF text',
      `SELECT name FROM parents p WHERE tenant_id = ${CURRENT} AND EXISTS (SELECT FROM kids k WHERE k.parent_id = p.id)`,
    ),
  ],
  [
    'what nobody calls from a hidden schema',
    `CREATE SCHEMA hidden; CREATE FUNCTION hidden.f(i int) RETURNS text LANGUAGE sql SECURITY DEFINER
      SET search_path = public, pg_temp AS $$ SELECT ${EVERYONE} $$;`,
  ],
  [
    'keys that tell tenants apart by an expression',
    `CREATE UNIQUE INDEX ON parents (lower(email), (tenant_id::text));
      CREATE UNIQUE INDEX ON parents (md5(tenant_id::text || email)); CREATE UNIQUE INDEX ON kids (coalesce(tenant_id, '${A}'), note);`,
  ],
  [
    'a partition’s key with the tenant, and a key that chance makes up',
    `${PARTITIONED} CREATE UNIQUE INDEX ON events_now (tenant_id, note); ALTER TABLE kids ADD code text UNIQUE DEFAULT gen_random_uuid()::text;`,
  ],
  [
    'a reference to a tenant that keeps it from being deleted',
    `ALTER TABLE parents ADD shown_to uuid REFERENCES tenants; GRANT DELETE ON tenants TO :app;`,
  ],
  [
    'a function that does tell nothing',
    `CREATE FUNCTION f(a uuid, b uuid) RETURNS boolean LEAKPROOF IMMUTABLE LANGUAGE sql AS 'SELECT a = b'`,
  ],
];

describe('where policies hold, and something beside them does not, nothing is said to be isolated: by', () => {
  it.each(ATTACKS)('%s', (_what, sql, session, data) => expectCrossed(sql, session, data));

  it.each([
    ['a policy of its own', (owner: string) => `CREATE POLICY every ON parents TO ${owner} USING (true)`],
    [
      'its name in a policy',
      (owner: string) =>
        `ALTER POLICY iso ON parents USING (tenant_id = ${CURRENT} OR current_user = '${owner}')`,
    ],
  ])('an owner with %s, as whom a function runs', async (_what, open) => {
    const shop = await openShop();
    const { role: owner } = await createLogin(shop.db, 'owner');
    await shop.plant(`GRANT SELECT ON parents TO ${owner}; ${definer('f(i int)', 'SETOF text', NAMES)}
      ALTER FUNCTION f(int) OWNER TO ${owner}; CREATE POLICY mine ON parents TO ${owner} USING (tenant_id = ${CURRENT})`);
    expect(await verdictOn(shop)).toMatchObject({ verdict: 'isolated' });
    await shop.plant(`${open(owner)}; ${ROWS}`);
    const { verdict, findings } = await verdictOn(shop);
    expect(verdict).toBe('leaking');
    expect(findings.map(({ key }) => key)).toContain('security-definer-function:"public"."f(i integer)"');
    expect(await crossed(shop, CALL)).toBe(true);
  });
});

describe('what only looks like it is isolated:', () => {
  it.each(HELD)('%s', async (_what, sql) => {
    const shop = await openShop();
    await shop.plant(sql);
    const { verdict, lacking, relations } = await verdictOn(shop);
    const reasons = relations.filter((each) => each.verdict !== 'isolated').map(({ reason }) => reason);
    expect({ verdict, lacking, reasons }).toEqual({ verdict: 'isolated', lacking: [], reasons: [] });
  });
});
