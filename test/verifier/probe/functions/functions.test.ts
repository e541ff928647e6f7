import { describe, expect, it } from 'vitest';
import { functionFindings } from '../../../../src/verifier/probe/functions/function-findings.js';
import { CURRENT, openShop, type Shop } from '../shop.js';

/** A function that the login may call; `clauses` are what stands between its arguments and its body. */
const fn = (name: string, clauses: string, body: string) =>
  `CREATE FUNCTION ${name} ${clauses} AS $body$${body}$body$;`;

const DEFINER = 'SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp';

/** Names of the functions that hand out another tenant's values, and whatever of a table is not isolated. */
async function crossedIn(shop: Shop, limits?: Parameters<Shop['probe']>[1]) {
  const { result, verdicts } = await shop.probe({}, limits);
  return { crossed: functionFindings(result.functions, 'app').map(({ object }) => object), verdicts, result };
}

describe('a function that hands out what is another tenant’s', () => {
  it.each([
    [
      'returns rows of every tenant',
      fn('f()', `RETURNS SETOF kids LANGUAGE sql ${DEFINER}`, 'SELECT * FROM kids'),
      'f()',
    ],
    [
      'returns one text of them',
      fn('f()', `RETURNS text LANGUAGE sql STABLE ${DEFINER}`, "SELECT string_agg(id::text, ',') FROM kids"),
      'f()',
    ],
    [
      'returns them as json, by SQL in a text',
      fn(
        'f()',
        `RETURNS json LANGUAGE plpgsql ${DEFINER}`,
        "DECLARE r json; BEGIN EXECUTE 'SELECT json_agg(k) FROM kids k' INTO r; RETURN r; END",
      ),
      'f()',
    ],
    [
      'returns the keys of all tenants',
      fn(
        'f(most int DEFAULT 1000)',
        `RETURNS TABLE (id uuid) LANGUAGE sql ${DEFINER}`,
        'SELECT id FROM tenants LIMIT most',
      ),
      'f(most integer)',
    ],
    [
      'runs any text',
      fn(
        'f(query text)',
        `RETURNS xml LANGUAGE sql ${DEFINER}`,
        "SELECT pg_catalog.query_to_xml(query, true, true, '')",
      ),
      'f(query text)',
    ],
    [
      'believes the key that the caller passes',
      fn(
        'f(tenant uuid)',
        `RETURNS SETOF parents LANGUAGE sql ${DEFINER}`,
        'SELECT * FROM parents WHERE tenant_id = tenant',
      ),
      'f(tenant uuid)',
    ],
    [
      'shows them only to who has no tenant',
      fn(
        'f()',
        `RETURNS SETOF kids LANGUAGE sql ${DEFINER}`,
        `SELECT * FROM kids WHERE NOT EXISTS (SELECT FROM tenants WHERE id = ${CURRENT})`,
      ),
      'f()',
    ],
  ])('%s', async (_, sql, object) => {
    const shop = await openShop();
    await shop.plant(sql);
    expect(await crossedIn(shop)).toMatchObject({ crossed: [object], verdicts: {} });
  });

  it('is found on the function, with the call that went through', async () => {
    const shop = await openShop();
    await shop.plant(
      fn(
        'f(tenant uuid)',
        `RETURNS SETOF kids LANGUAGE sql ${DEFINER}`,
        'SELECT * FROM kids WHERE tenant_id = tenant',
      ),
    );
    const { result } = await shop.probe();
    expect(functionFindings(result.functions, 'app')).toEqual([
      {
        ...{ key: 'probe-function-crosses:"public"."f(tenant uuid)"', check: 'probe-function-crosses' },
        ...{ severity: 'error', schema: 'public', object: 'f(tenant uuid)', evidence: 'probe' },
        detail:
          "app called it with another tenant's key and got what is that tenant's: as one tenant, as a tenant that does not exist",
        statement: 'select "public"."f"($1::uuid)',
      },
    ]);
  });
});

describe('a function that hands out nothing of the kind', () => {
  it.each([
    [
      'filters by the context itself',
      fn(
        'f()',
        `RETURNS SETOF kids LANGUAGE sql ${DEFINER}`,
        `SELECT * FROM kids WHERE tenant_id = ${CURRENT}`,
      ),
    ],
    ['runs as whoever calls it', fn('f()', 'RETURNS SETOF kids LANGUAGE sql', 'SELECT * FROM kids')],
    [
      'gives back the key that it was given',
      fn('f(tenant uuid)', 'RETURNS uuid LANGUAGE sql', 'SELECT tenant'),
    ],
    ['counts', fn('f()', `RETURNS bigint LANGUAGE sql ${DEFINER}`, 'SELECT count(*) FROM kids')],
    [
      'returns values of its own',
      fn('f()', 'RETURNS SETOF uuid LANGUAGE sql', 'SELECT gen_random_uuid() FROM generate_series(1, 9)'),
    ],
    [
      'is not the login’s to call',
      `${fn('f()', `RETURNS SETOF kids LANGUAGE sql ${DEFINER}`, 'SELECT * FROM kids')} REVOKE EXECUTE ON FUNCTION f() FROM PUBLIC;`,
    ],
    ['returns nothing', fn('f()', `RETURNS void LANGUAGE sql ${DEFINER}`, 'SELECT 1')],
  ])('%s', async (_, sql) => {
    const shop = await openShop();
    await shop.plant(sql);
    expect(await crossedIn(shop)).toMatchObject({ crossed: [], verdicts: {} });
  });
});

describe('the calls', () => {
  it('are taken back, what they write with them', async () => {
    const shop = await openShop();
    await shop.plant(`CREATE TABLE log (at timestamptz); CREATE SCHEMA aside; ALTER TABLE log SET SCHEMA aside;
      ${fn('f()', `RETURNS void LANGUAGE sql ${DEFINER}`, 'INSERT INTO aside.log VALUES (now()); DELETE FROM kids;')}`);
    const { crossed, result } = await crossedIn(shop);
    expect({ crossed, calls: result.functions[0]?.calls.length }).toEqual({ crossed: [], calls: 2 });
    expect(await shop.db.query('SELECT count(*)::int AS rows FROM aside.log')).toEqual([{ rows: 0 }]);
  });

  it('say which functions they left out, and why', async () => {
    const shop = await openShop();
    await shop.plant(`${fn('a(wanted text)', 'RETURNS text LANGUAGE sql', 'SELECT wanted')}
      ${fn('b()', 'RETURNS text LANGUAGE plpgsql', "BEGIN RAISE 'not now'; END")}
      ${fn('c()', `RETURNS SETOF kids LANGUAGE sql ${DEFINER}`, 'SELECT * FROM kids')}`);
    const { crossed, result } = await crossedIn(shop, { excludeFunctions: ['c'] });
    expect(crossed).toEqual([]);
    expect(result.functions.map(({ fn: { name }, omission }) => [name, omission])).toEqual([
      ['a', 'no value is known for its arguments'],
      ['b', 'not now (P0001)'],
      ['c', 'left out by --exclude-probe'],
    ]);
  });

  it('are none where the rows are not the probe’s own', async () => {
    const shop = await openShop();
    await shop.plant(`INSERT INTO tenants (name) VALUES ('a'), ('b'); REVOKE INSERT ON tenants FROM :app;
      ${fn('f()', `RETURNS SETOF tenants LANGUAGE sql ${DEFINER}`, 'SELECT * FROM tenants')}`);
    const { result } = await shop.probe();
    expect(result.functions).toMatchObject([
      { calls: [], omission: expect.stringContaining('of the probe’s own') },
    ]);
  });
});

describe('a new row that shows another tenant’s', () => {
  const all = fn(
    'every_kid()',
    `RETURNS text LANGUAGE sql ${DEFINER}`,
    "SELECT string_agg(kids::text, ',') FROM kids",
  );

  it.each([
    ['by a default', `${all} ALTER TABLE kids ALTER note SET DEFAULT every_kid()`],
    [
      'by a trigger',
      `${fn('copy()', `RETURNS trigger LANGUAGE plpgsql ${DEFINER}`, 'BEGIN NEW.note := (SELECT max(tenant_id::text) FROM kids); RETURN NEW; END')}
        CREATE TRIGGER copy BEFORE INSERT ON kids FOR EACH ROW EXECUTE FUNCTION copy()`,
    ],
  ])('%s is a read of it', async (_, sql) => {
    const shop = await openShop();
    await shop.plant(sql);
    const { found, notDenied } = await shop.probe();
    expect(found).toEqual(['probe-select-crosses kids']);
    expect(notDenied('kids')).toMatchObject([
      { form: 'INSERT RETURNING', detail: "read what is another tenant's in its own new row (note)" },
    ]);
  });

  it.each([
    ['what everyone gets', "ALTER TABLE kids ALTER note SET DEFAULT 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee'"],
    ['its own key', `ALTER TABLE kids ALTER note SET DEFAULT current_setting('app.tenant_id', true)`],
  ])('is not one that shows %s', async (_, sql) => {
    const shop = await openShop();
    await shop.plant(sql);
    expect((await shop.probe()).found).toEqual([]);
  });
});
