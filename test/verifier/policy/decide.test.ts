import type pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ContextConfig } from '../../../src/tenancy/config.js';
import { useTestDatabase } from '../../support/database.js';
import { SCHEMA } from './generated/schema.js';
import { sayOf } from './say-of.js';

const db = useTestDatabase();
let client: pg.Client;
beforeAll(async () => {
  client = await db.client();
  await client.query(SCHEMA);
  await client.query(`
    -- Without a tenant column: whose a row is, is said by the row that it refers to.
    CREATE TABLE lines (id int PRIMARY KEY, parent int NOT NULL REFERENCES by_uuid_parents (id), note text, loose int);
    CREATE TABLE parts (line int NOT NULL REFERENCES lines);
    CREATE TABLE open_parents (tenant_id uuid NOT NULL, id int PRIMARY KEY);
    CREATE TABLE open_lines (parent int NOT NULL REFERENCES open_parents);
    ALTER TABLE lines ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    ALTER TABLE parts ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    ALTER TABLE open_lines ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    GRANT SELECT ON lines, parts, open_parents, open_lines TO PUBLIC;
    CREATE SCHEMA auth;
    CREATE FUNCTION auth.jwt() RETURNS jsonb LANGUAGE sql STABLE
      AS $$ SELECT coalesce(nullif(current_setting('request.jwt.claim', true), ''), nullif(current_setting('request.jwt.claims', true), ''))::jsonb $$;
    CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS $$
      SELECT coalesce(nullif(current_setting('request.jwt.claim.sub', true), ''),
        (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'))::uuid $$;`);
});

const said = (table: string, policy: string, context?: ContextConfig, also = '') =>
  sayOf(client, { table, policy, context, also });

describe('with a setting that names the tenant', () => {
  it.each([
    ['tenant_id = by_uuid_cur()', 'proved'],
    ['by_uuid_mine(tenant_id)', 'proved'],
    ['by_uuid_may(tenant_id, b) AND b', 'proved'],
    ['by_uuid_declared(tenant_id)', 'proved'],
    ['by_uuid_declared(tenant_id) OR b', 'ignores: a row with b = true'],
    ["tenant_id = current_setting('app.tenant_id')::uuid", 'proved'],
    ["tenant_id::text = current_setting('app.tenant_id', true)", 'proved'],
    ['tenant_id = (SELECT by_uuid_cur()) AND (n = 1 OR n <> 1)', 'proved'],
    ['tenant_id = by_uuid_cur() OR b AND NOT b', 'proved'],
    ['tenant_id = by_uuid_cur() OR n > 5 AND n < 3', 'proved'],
    ['tenant_id = by_uuid_cur() OR n > 200 AND false', 'proved'],
    ['CASE WHEN b THEN tenant_id = by_uuid_cur() ELSE false END', 'proved'],
    ['tenant_id IN (SELECT p.tenant_id FROM by_uuid_parents p)', 'proved'],
    ['EXISTS (SELECT FROM by_uuid_parents p WHERE p.id = by_uuid.parent)', 'proved'],
    [
      'EXISTS (SELECT FROM by_uuid_members m WHERE m.tenant_id = by_uuid.tenant_id AND m.who = by_uuid_cur())',
      'proved public.by_uuid_members',
    ],
    ['by_uuid_joined(tenant_id)', 'proved public.by_uuid_members'],
    ['tenant_id IN (SELECT by_uuid_orgs())', 'proved public.by_uuid_members'],
    ['true', 'always: '],
    ['n > 0 OR n <= 0 OR n IS NULL', 'always: a row with n NULL'],
    ['tenant_id = by_uuid_cur() OR n IS NULL', 'ignores: a row with n NULL'],
    ["tenant_id = by_uuid_cur() AND b OR s = 'x'", "ignores: a row with b = true and s = 'x'"],
    ['org = by_uuid_cur()', "ignores: a row with org = '1aaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa'"],
    [
      "mood = 'open' AND data ->> 'kind' = 'open'",
      'ignores: a row with mood = \'open\' and data = \'{"kind":"open"}\'',
    ],
    ['at < now()', "ignores: a row with at = '-infinity'"],
    ['n = 150', 'proved'],
    ["n::text ~ '^1'", 'ignores: a row with n = 1'],
    ["md5(s) ~ '^1'", 'unknown: the function md5'],
    ['EXISTS (SELECT FROM flags f WHERE f.value)', 'ignores: any row, and one of flags with value = true'],
    ['tenant_id = coalesce(by_uuid_cur(), tenant_id)', 'unset: '],
    ['(tenant_id <> by_uuid_cur()) IS NOT TRUE AND tenant_id IS NOT NULL', 'unset: '],
    ['by_uuid_hidden(tenant_id)', 'unknown: the function public.by_uuid_hidden, which cannot be looked into'],
    [
      "tenant_id = by_uuid_cur() OR current_setting('app.bypass', true) = 'on'",
      'unknown: the setting app.bypass, which is no part of the context',
    ],
    [
      "tenant_id = by_uuid_cur() OR current_setting('app.tenant_id', true) = 'system'",
      "unknown: the context 'system', which is no tenant's key",
    ],
    [
      "left(tenant_id::text, 8) = left(current_setting('app.tenant_id', true), 8)",
      "unknown: a comparison that takes 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa' and 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaab' for the same",
    ],
  ])('%s', async (expression, expected) => {
    expect(await said('by_uuid', expression)).toBe(expected);
  });

  it('does not take keys of text for numbers, nor shorter ones for the whole', async () => {
    const asked = "current_setting('app.tenant_id', true)";
    expect(await said('by_text', `tenant_id = ${asked}`)).toBe('proved');
    expect(await said('by_text', `tenant_id::int = ${asked}::int`)).toMatch(
      /takes '1' and '01' for the same/,
    );
    expect(await said('by_text', `tenant_id::varchar(4) = ${asked}::varchar(4)`)).toMatch(
      /^(unknown|ignores)/,
    );
    expect(await said('by_text', `lower(tenant_id) = lower(${asked})`)).toMatch(
      /takes 'ab' and 'AB' for the same/,
    );
    expect(await said('by_number', `tenant_id = ${asked}::int`)).toBe('proved');
    expect(await said('by_number', `tenant_id <= ${asked}::int`)).toMatch(/^ignores/);
  });

  it.each(['by_uuid', 'by_number', 'by_text'])('sees what a range of texts lets in, in %s', async (table) => {
    const asked = "current_setting('app.tenant_id', true)";
    expect(await said(table, `tenant_id::text >= ${asked}`)).toBe('ignores: ');
    expect(await said(table, `${asked} > tenant_id::text`)).toBe('ignores: ');
    expect(await said(table, `tenant_id::text >= ${asked} AND tenant_id::text <= ${asked}`)).toBe('proved');
  });
});

describe('of a table without a tenant column', () => {
  const isOwn = 'EXISTS (SELECT FROM by_uuid_parents p WHERE p.id = parent)';
  const ofLines = `CREATE POLICY l ON lines USING (${isOwn})`;
  const open = 'EXISTS (SELECT FROM open_parents p WHERE p.id = parent)';

  it.each([
    ['lines', isOwn, '', 'proved'],
    ['lines', 'parent IN (SELECT p.id FROM by_uuid_parents p)', '', 'proved'],
    ['lines', `${isOwn} OR note = 'x'`, '', "ignores: a row with note = 'x'"],
    ['lines', 'EXISTS (SELECT FROM by_uuid_parents p WHERE p.id <> parent)', '', /^(ignores|unknown)/],
    [
      'lines',
      'EXISTS (SELECT FROM by_uuid_parents p WHERE p.id = loose)',
      '',
      /^ignores: a row with loose = /,
    ],
    ['lines', 'EXISTS (SELECT FROM by_uuid_parents p WHERE p.id::text = parent::text)', '', /^unknown/],
    ['parts', 'EXISTS (SELECT FROM lines l WHERE l.id = line)', ofLines, 'proved'],
    [
      'parts',
      'EXISTS (SELECT FROM lines l WHERE l.id = line)',
      'CREATE POLICY l ON lines USING (true)',
      /^ignores/,
    ],
    ['open_lines', open, '', /^ignores: .* one of open_parents with id = /],
    ['open_lines', `${open} AND false`, '', 'proved'],
  ])('%s: %s %s', async (table, expression, also, expected) => {
    expect(await said(table, expression, undefined, also)).toMatch(
      typeof expected === 'string' ? new RegExp(`^${expected}$`) : expected,
    );
  });
});

describe('with claims that name the tenant', () => {
  const claims = (object: string): ContextConfig => ({
    sql: [`SELECT set_config('request.jwt.claims', ${object}, true)`],
  });
  const org = claims(
    `json_build_object('sub', 'ffffffff-ffff-4fff-8fff-ffffffffffff', 'org_id', $1::text, 'app_metadata', json_build_object('org', $1::text))::text`,
  );

  it.each([
    ["tenant_id = (current_setting('request.jwt.claims', true)::jsonb ->> 'org_id')::uuid", 'proved'],
    [
      "tenant_id::text = (SELECT auth.jwt() -> 'app_metadata' ->> 'org')",
      'unknown: the setting request.jwt.claim, which is no part of the context',
    ],
    [
      "tenant_id::text = (current_setting('request.jwt.claims', true)::json #>> '{app_metadata,org}')",
      'proved',
    ],
    ["(nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role') IS NULL", 'ignores: '],
    ['org = auth.uid()', 'unknown: rows that name who is signed in, of whichever tenant'],
  ])('%s', async (expression, expected) => {
    expect(await said('by_uuid', expression, org)).toBe(expected);
  });

  it.each([
    ["s = auth.jwt() ->> 'email'", 'unknown: email in request.jwt.claims, which the context does not name'],
    [
      "s = auth.jwt() -> 'user_metadata' ->> 'x'",
      'unknown: user_metadata in request.jwt.claims, which the context does not name',
    ],
    [
      "s = auth.jwt() #>> '{app_metadata,plan}'",
      'unknown: app_metadata.plan in request.jwt.claims, which the context does not name',
    ],
    ["s = auth.jwt() ->> 'phone'", 'proved'],
    ["tenant_id::text = auth.jwt() ->> 'org_id'", 'proved'],
    ["tenant_id::text = auth.jwt() ->> 'org_id' AND s = auth.jwt() ->> 'email'", 'proved'],
    ["b OR s = auth.jwt() ->> 'email'", "ignores: a row with b = true and s = 'email'"],
    [
      "EXISTS (SELECT FROM by_uuid_members m WHERE m.tenant_id = by_uuid.tenant_id AND m.who = (auth.jwt() ->> 'user_id')::uuid)",
      'unknown: user_id in request.jwt.claims, which the context does not name',
    ],
    [
      "EXISTS (SELECT FROM by_uuid_members m WHERE m.tenant_id = by_uuid.tenant_id AND m.who = (auth.jwt() ->> 'plan')::uuid)",
      'unknown: plan in request.jwt.claims, which the context does not name',
    ],
  ])('takes what the context does not name for anything: %s', async (expression, expected) => {
    const context = claims(
      `json_build_object('org_id', $1::text, 'phone', null, 'app_metadata', json_build_object('org', $1::text))::text`,
    );
    const plain = `CREATE OR REPLACE FUNCTION auth.jwt() RETURNS jsonb LANGUAGE sql STABLE
      AS $$ SELECT nullif(current_setting('request.jwt.claims', true), '')::jsonb $$`;
    expect(await said('by_uuid', expression, context, plain)).toBe(expected);
  });

  it('reads texts that are put together, and finds its way through functions', async () => {
    const texts = claims(`format('{"sub": "%s"}', $1)`);
    expect(await said('by_uuid', 'tenant_id = (SELECT auth.uid())', texts)).toBe('proved');
    const joined = claims(`'{"sub": "' || $1 || '"}'`);
    expect(await said('by_uuid', 'tenant_id = auth.uid()', joined)).toBe('proved');
  });
});
