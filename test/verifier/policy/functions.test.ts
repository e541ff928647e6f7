import type pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { useTestDatabase } from '../../support/database.js';
import { SCHEMA } from './generated/schema.js';
import { sayOf } from './say-of.js';

const db = useTestDatabase();
let client: pg.Client;
beforeAll(async () => {
  client = await db.client();
  await client.query(SCHEMA);
});

const SETTING = `current_setting('app.tenant_id', true)`;
const POLICY = 'tenant_id = (SELECT public.mine())';

/** A function that names the tenant; `how` are its properties, `declared` and `body` what it does. */
const mine = (body: string, { declared = '', how = 'STABLE', returns = 'uuid' } = {}) =>
  `CREATE FUNCTION mine() RETURNS ${returns} LANGUAGE plpgsql ${how} AS $$\n${declared === '' ? '' : `DECLARE ${declared}\n`}BEGIN\n${body}\nEND $$`;

const said = (also: string, policy = POLICY) => sayOf(client, { table: 'by_uuid', policy, also });

describe('a PL/pgSQL function that names the tenant', () => {
  const declared = `setting constant text := coalesce(${SETTING}, '');`;

  it.each([
    [`RETURN nullif(${SETTING}, '')::uuid;`, {}],
    [`IF setting = '' THEN RAISE EXCEPTION 'no tenant'; END IF; RETURN setting::uuid;`, { declared }],
    [
      "IF setting = '' THEN RAISE 'no tenant' USING ERRCODE = 'TN001'; ELSE RETURN setting; END IF;",
      { declared },
    ],
    [
      "IF setting = '' THEN\n RAISE EXCEPTION 'no';\n END IF;\n -- RETURN other;\n RETURN setting;",
      { declared },
    ],
    [
      `IF setting = '' THEN RAISE EXCEPTION 'x'; ELSIF setting !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN
        RAISE EXCEPTION 'not a uuid'; END IF; RETURN setting::uuid;`,
      { declared, how: 'STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp' },
    ],
    [
      `t := ${SETTING}; IF t IS NULL OR t = '' THEN RETURN NULL; END IF; u := t; RETURN u;`,
      { declared: 't text; u uuid;' },
    ],
    [`RAISE NOTICE 'asked'; RETURN nullif(${SETTING}, '');`, { how: 'VOLATILE' }],
    [`RETURN nullif(${SETTING}, '');`, { how: 'STABLE SECURITY DEFINER' }],
    ['IF b THEN RETURN NULL; END IF;', { declared: 'b boolean := false;' }],
  ])('is looked into: %s', async (body, more) => {
    expect(await said(mine(body, more))).toBe('proved');
  });

  it('is what its policies are refuted by', async () => {
    const fails = mine(`IF setting = '' THEN RAISE EXCEPTION 'no tenant'; END IF; RETURN setting;`, {
      declared,
    });
    expect(await said(fails, `${POLICY} OR b`)).toBe('ignores: a row with b = true');
    const other = `IF setting = '' THEN RETURN '2bbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb'; END IF; RETURN setting;`;
    expect(await said(mine(other, { declared }))).toMatch(/^unset/);
    const always = mine(`RETURN true;`, { returns: 'boolean' });
    expect(await said(always, 'public.mine()')).toBe('always: ');
  });

  it.each([
    ['RETURN NULL;', 'proved'],
    ["RAISE EXCEPTION 'no tenant';", 'proved'],
    ["RETURN 'bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb'::uuid;", /^(unknown|unset|ignores)/],
    [
      'RETURN (SELECT m.tenant_id FROM public.by_uuid_members m LIMIT 1);',
      /^(unknown|unset|ignores|proved .)/,
    ],
  ])('is read with what it does where something fails: %s', async (handler, expected) => {
    const fn = mine(`RETURN ${SETTING}; EXCEPTION WHEN data_exception THEN ${handler}`);
    expect(await said(fn, POLICY)).toEqual(
      typeof expected === 'string' ? expected : expect.stringMatching(expected),
    );
  });

  it.each([
    [
      'an EXCEPTION block in which something is assigned',
      mine(`t := ${SETTING}; RETURN t; EXCEPTION WHEN OTHERS THEN RETURN t;`, { declared: 't uuid;' }),
    ],
    [
      'two EXCEPTION blocks',
      mine(
        `BEGIN RETURN ${SETTING}; EXCEPTION WHEN OTHERS THEN RETURN NULL; END; EXCEPTION WHEN OTHERS THEN RETURN NULL;`,
      ),
    ],
    ['what an error says', mine(`RETURN ${SETTING}; EXCEPTION WHEN OTHERS THEN RETURN SQLERRM::uuid;`)],
    [
      'a query',
      mine('SELECT tenant_id INTO t FROM public.by_uuid_parents; RETURN t;', { declared: 't uuid;' }),
    ],
    ['a loop', mine(`LOOP RETURN ${SETTING}; END LOOP;`)],
    ['an alias', mine(`RETURN other;`, { declared: 't uuid; other ALIAS FOR t;' })],
    ['a type that cuts off', mine(`t := ${SETTING}; RETURN t;`, { declared: 't varchar(36);' })],
    ['another collation', mine(`RETURN t;`, { declared: `t text COLLATE "C" := ${SETTING};` })],
    [
      'a rule for names',
      mine(`RETURN t;`, { declared: `t text := ${SETTING};` }).replace(
        'DECLARE',
        '#variable_conflict use_column\nDECLARE',
      ),
    ],
    [
      'a parameter that it returns',
      `CREATE FUNCTION mine(OUT t uuid) LANGUAGE plpgsql STABLE AS $$ BEGIN IF ${SETTING} IS NULL THEN RETURN; END IF; END $$`,
    ],
    ['a role of its own', mine(`RETURN ${SETTING};`, { how: 'STABLE SET row_security = off' })],
    ['= from elsewhere', mine(`RETURN ${SETTING};`, { how: 'STABLE SET search_path = public, pg_catalog' })],
    ['IMMUTABLE', mine(`RETURN ${SETTING};`, { how: 'IMMUTABLE' })],
    ['a setting that it changes', mine(`PERFORM set_config('app.tenant_id', 'x', true); RETURN ${SETTING};`)],
    [
      'a variable that hides a parameter',
      `CREATE FUNCTION hidden(t uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
        DECLARE t uuid; BEGIN RETURN coalesce(t = public.by_uuid_cur(), true); END $$`,
      'public.hidden(tenant_id)',
    ],
  ])('is left alone: %s', async (_what, fn, policy = POLICY) => {
    expect(await said(fn, policy)).toMatch(/^unknown: /);
  });

  it('is left alone: one of several', async () => {
    const two = ['int', 'text'].map(
      (type) =>
        `CREATE FUNCTION mine(x ${type}) RETURNS uuid LANGUAGE sql STABLE AS $$ SELECT public.by_uuid_cur() $$`,
    );
    expect(await said(two.join(';'), 'tenant_id = public.mine(1)')).toMatch(/^unknown: /);
    const [first = ''] = two;
    expect(await said(first, 'tenant_id = public.mine(1)')).toBe('proved');
  });

  it("is left alone: a name that is also a built-in function's", async () => {
    const own = `CREATE FUNCTION current_setting(name text, missing boolean) RETURNS text LANGUAGE sql STABLE AS $$ SELECT 'x' $$`;
    expect(await said(`${own}; ${mine(`RETURN ${SETTING};`)}`)).toMatch(/^unknown: /);
  });
});

describe('a type that a function gives or takes', () => {
  it('may make keys the same that were not', async () => {
    const cut = `CREATE FUNCTION cut() RETURNS name LANGUAGE sql STABLE AS $$ SELECT ${SETTING} $$`;
    const ask = (also: string, policy: string) => sayOf(client, { table: 'by_text', policy, also });
    expect(await ask(cut, 'tenant_id = public.cut()')).toMatch(/^unknown: the context cast to name/);
    expect(await ask(cut.replace('name', 'text'), 'tenant_id = public.cut()')).toBe('proved');
    const takes = (type: string) =>
      `CREATE FUNCTION ours(t ${type}) RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT t = ${SETTING} $$`;
    expect(await ask(takes('name'), 'public.ours(tenant_id)')).toMatch(
      /^unknown: the tenant column cast to name/,
    );
    expect(await ask(takes('varchar'), 'public.ours(tenant_id)')).toBe('proved');
  });
});

describe('a table that a function reads', () => {
  const reads = (from: string, how = '') =>
    `CREATE FUNCTION may(tenant_id uuid) RETURNS boolean LANGUAGE sql STABLE ${how}
      AS $$ SELECT EXISTS (SELECT FROM ${from}) $$`;
  const theirs = 'by_uuid_members m WHERE m.tenant_id = may.tenant_id AND m.who = public.by_uuid_cur()';

  it('has columns that hide the parameters, also where it is a view', async () => {
    const view = 'CREATE VIEW everybody AS SELECT tenant_id FROM by_uuid_members';
    const fn = reads('public.everybody WHERE tenant_id = public.by_uuid_cur()');
    expect(await said(`${view}; ${fn}`, 'public.may(tenant_id)')).toMatch(/^unknown: the rows of everybody/);
    const ids = reads(
      'unnest(ARRAY[public.by_uuid_cur()]) AS tenant_id WHERE tenant_id = public.by_uuid_cur()',
    );
    expect(await said(ids, 'public.may(tenant_id)')).toMatch(/^(unknown|ignores)/);
  });

  it('may be a temporary one, where the search path does not keep these out', async () => {
    const shadowed = 'unknown: the rows of by_uuid_members, for which a temporary table can stand in';
    expect(await said(reads(theirs), 'public.may(tenant_id)')).toBe(shadowed);
    expect(await said(reads(theirs, 'SET search_path = public'), 'public.may(tenant_id)')).toBe(shadowed);
    const last = reads(theirs, 'SET search_path = public, pg_temp');
    expect(await said(last, 'public.may(tenant_id)')).toBe('proved public.by_uuid_members');
    const named = reads(`public.${theirs}`, 'SET search_path = public');
    expect(await said(named, 'public.may(tenant_id)')).toBe('proved public.by_uuid_members');
    const nobody = `REVOKE TEMPORARY ON DATABASE "${db.name}" FROM PUBLIC; ${reads(theirs)}`;
    expect(await said(nobody, 'public.may(tenant_id)')).toBe('proved public.by_uuid_members');
  });
});

/** A function that runs a text. */
const composing = (body: string) =>
  `CREATE FUNCTION become(t text) RETURNS boolean LANGUAGE plpgsql AS $$ DECLARE b boolean; BEGIN ${body}; RETURN b; END $$`;

describe('what changes the setting before it is compared', () => {
  const isOurs = `tenant_id = nullif(${SETTING}, '')::uuid`;

  it('lets PostgreSQL show every row', async () => {
    await client.query('BEGIN');
    await client.query(
      `INSERT INTO by_uuid (tenant_id, b) VALUES ('bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb', true)`,
    );
    await client.query(`SELECT set_config('app.tenant_id', 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa', true)`);
    await client.query(
      `CREATE POLICY p ON by_uuid USING (set_config('app.tenant_id', tenant_id::text, true) <> '' AND ${isOurs})`,
    );
    await client.query('CREATE ROLE reader; SET LOCAL ROLE reader');
    const { rowCount } = await client.query('SELECT FROM by_uuid');
    await client.query('ROLLBACK');
    expect(rowCount).toBe(1);
  });

  it.each<[string, string]>([
    ['', `set_config('app.tenant_id', tenant_id::text, true) <> '' AND ${isOurs}`],
    [
      `CREATE FUNCTION become(t uuid) RETURNS boolean LANGUAGE plpgsql AS $$
        BEGIN PERFORM set_config('app.tenant_id', t::text, true); RETURN true; END $$`,
      `public.become(tenant_id) AND ${isOurs}`,
    ],
    [
      `CREATE FUNCTION become(t uuid) RETURNS boolean LANGUAGE plpgsql AS $$
        BEGIN EXECUTE 'set local app.tenant_id = ' || quote_literal(t); RETURN true; END $$;
      CREATE FUNCTION indeed(t uuid) RETURNS boolean LANGUAGE sql AS $$ SELECT public.become(t) $$`,
      `public.indeed(tenant_id) AND ${isOurs}`,
    ],
    ...[
      `EXECUTE format('select %s from public.by_uuid', t) INTO b`,
      `EXECUTE format('select "%I" from public.by_uuid', t) INTO b`,
      `EXECUTE format('select %I(true) from public.by_uuid', t) INTO b`,
      `EXECUTE format('select b from public.%I', t) INTO b`,
      `EXECUTE format('select set_config(%I, s, true) from public.by_uuid', t) INTO b`,
      `EXECUTE format('set local app.tenant_id = %I', t)`,
      `EXECUTE format('select true; set local app.tenant_id = x') INTO b`,
      `FOR b IN EXECUTE t LOOP END LOOP`,
    ].map((body): [string, string] => [composing(body), `public.become(s) AND ${isOurs}`]),
    [
      `CREATE FUNCTION texts(t text) RETURNS SETOF text LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY EXECUTE t; END $$;
      CREATE FUNCTION become(t text) RETURNS boolean LANGUAGE sql AS $$ SELECT EXISTS (SELECT FROM public.texts(t)) $$`,
      `public.become(s) AND ${isOurs}`,
    ],
    [
      `CREATE FUNCTION format(a text, b text) RETURNS text LANGUAGE sql AS $$ SELECT b $$;
      ${composing(`EXECUTE format('select %I from public.by_uuid limit 1', t) INTO b`)}`,
      `public.become(s) AND ${isOurs}`,
    ],
  ])('is no proof: %s %s', async (also, policy) => {
    expect(await said(also, policy)).toMatch(
      /^unknown: (set_config|become|indeed)\(\), which may change settings/,
    );
  });

  it('is not a text of which only the name of a column is put in', async () => {
    const named = composing(`EXECUTE format('select %I from public.by_uuid limit 1', t) INTO b`);
    expect(await said(named, `public.become(s) AND ${isOurs}`)).toBe('proved');
  });

  it('is not what merely mentions it', async () => {
    const harmless = `CREATE FUNCTION harmless(t uuid) RETURNS boolean LANGUAGE sql STABLE AS $$ /* a set */ SELECT t IS NOT NULL $$`;
    expect(await said(harmless, `public.harmless(tenant_id) AND ${isOurs}`)).toBe('proved');
  });
});
