import { describe, expect, it } from 'vitest';
import { CURRENT, openShop } from '../probe/shop.js';
import { A, B, CALL, definer, EVERYONE, expectCrossed, NAMES, ROWS, verdictOn } from './attack.js';

const or = (condition: string) =>
  `ALTER POLICY iso ON parents USING (tenant_id = ${CURRENT} OR ${condition}) WITH CHECK (tenant_id = ${CURRENT});`;
const LATER = `CREATE POLICY later ON parents FOR SELECT USING (now() > '2999-01-01')`;

const ATTACKS: [what: string, sql: string, session: string[], data?: string][] = [
  [
    'a row that holds what nobody tried',
    `ALTER TABLE parents ADD meta jsonb; ${or(`meta @> '{"public": true}'`)}`,
    [NAMES],
    `UPDATE parents SET meta = '{"public": true}'`,
  ],
  [
    'a row of a range that nobody tried',
    `ALTER TABLE parents ADD valid daterange; ${or('valid @> current_date')}`,
    [NAMES],
    `UPDATE parents SET valid = '(,)'`,
  ],
  ['a moment', or(`now() > '2000-01-01'`), [NAMES]],
  ['chance', or('random() < 0.5 OR random() < 0.5 OR random() < 0.9999999999'), [NAMES]],
  ['a setting', or(`current_setting('application_name') = 'x'`), [`SET LOCAL application_name = x`, NAMES]],
  [
    'how many rows there are',
    or('(SELECT count(*) FROM kids) > 3'),
    [
      `INSERT INTO kids (tenant_id, parent_id) SELECT '${A}', '${A}' FROM generate_series(1, 4)`,
      'SELECT name FROM parents',
    ],
  ],
  [
    'a view whose filter is asked late',
    `CREATE VIEW v AS SELECT name FROM parents WHERE tenant_id = ${CURRENT}; GRANT SELECT ON v TO :app;`,
    [
      `CREATE FUNCTION pg_temp.tell(name text) RETURNS boolean COST 0.0001 LANGUAGE plpgsql AS $$
        BEGIN IF name = 'theirs' THEN RAISE EXCEPTION '%', name; END IF; RETURN true; END $$`,
      'SET LOCAL enable_indexscan = off',
      'SET LOCAL enable_bitmapscan = off',
      'SELECT FROM v WHERE pg_temp.tell(name)',
    ],
  ],
  ['VALUES', definer('f(i int)', 'text', `VALUES (${EVERYONE})`), CALL],
  [
    'SET of an UPDATE',
    definer('f(i int)', 'void', `UPDATE parents SET name = ${EVERYONE} WHERE tenant_id = ${CURRENT}`),
    CALL,
  ],
  [
    'VALUES of an INSERT',
    definer('f(i int)', 'void', `INSERT INTO parents (tenant_id, name) VALUES (${CURRENT}, ${EVERYONE})`),
    CALL,
  ],
  [
    'RETURNING',
    definer('f(i int)', 'text', `DELETE FROM parents WHERE tenant_id = ${CURRENT} RETURNING ${EVERYONE}`),
    CALL,
  ],
  [
    'a function that it calls',
    `CREATE FUNCTION g(i int) RETURNS text LANGUAGE sql AS $$ SELECT ${EVERYONE} $$; ${definer('f(i int)', 'text', 'SELECT g(i)')}`,
    CALL,
  ],
  [
    'a view that it reads',
    `CREATE VIEW v AS SELECT name FROM parents; ${definer('f(i int)', 'text', `SELECT string_agg(name, ',') FROM v`)}`,
    CALL,
  ],
  [
    'a materialized view that it reads',
    `${ROWS} CREATE MATERIALIZED VIEW m AS SELECT name FROM parents; ${definer('f(i int)', 'text', `SELECT string_agg(name, ',') FROM m`)}`,
    CALL,
    'SELECT',
  ],
  [
    'text that it runs',
    definer('f(t text)', 'text', `DECLARE r text; BEGIN EXECUTE t INTO r; RETURN r; END`, 'plpgsql'),
    [`SELECT f('SELECT max(name) FROM parents')`],
  ],
  [
    'a parent that a tenant chooses for itself',
    `ALTER TABLE tenants ADD above uuid REFERENCES tenants;
      ${or(`tenant_id = (SELECT t.above FROM tenants t WHERE t.id = ${CURRENT})`)}`,
    [`UPDATE tenants SET above = '${B}'`, NAMES],
  ],
];

describe('where another tenant’s rows can be reached, nothing is said to be isolated: by', () => {
  it.each(ATTACKS)('%s', (_what, sql, session, data) => expectCrossed(sql, session, data));

  it.each([
    [
      'a function',
      definer('f(t text)', 'text', 'DECLARE r text; BEGIN EXECUTE t INTO r; RETURN r; END', 'plpgsql'),
      'security-definer-function:"public"."f(t text)"',
    ],
    [
      'a policy, but no other one of its table',
      `${or('pg_is_in_recovery()')} ${LATER}`,
      'policy-undecided:"public"."parents":"later"',
      'policy-undecided:"public"."parents":"iso"',
    ],
  ])('%s that somebody has looked into, as far as the gate goes', async (_what, sql, ...keys) => {
    const shop = await openShop();
    await shop.plant(sql);
    const waived = keys.map((key) => ({ key, reason: 'looked into', until: undefined }));
    for (let some = 0; some < waived.length; some += 1) {
      const result = await verdictOn(shop, { waivers: waived.slice(0, some) });
      expect(result).toMatchObject({ verdict: 'inconclusive', outcome: 'inconclusive' });
    }
    const result = await verdictOn(shop, { waivers: waived });
    expect(result).toMatchObject({ verdict: 'inconclusive', outcome: 'ok', lacking: [] });
  });
});
