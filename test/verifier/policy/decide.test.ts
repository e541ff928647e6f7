import type pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { readCatalog } from '../../../src/catalog/read.js';
import { classify } from '../../../src/tenancy/classify.js';
import type { ContextConfig } from '../../../src/tenancy/config.js';
import { branchesOf, roleOf } from '../../../src/verifier/policy/combine.js';
import { loadSqlParser } from '../../../src/verifier/policy/parse.js';
import { describeWitness } from '../../../src/verifier/policy/reason/describe.js';
import { subjectOf } from '../../../src/verifier/subject.js';
import { useTestDatabase } from '../../support/database.js';
import { baseConfig } from '../../support/leaks.js';
import { SCHEMA } from './generated/schema.js';

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

/** What is said of one policy, in one line. */
async function said(table: string, expression: string, context?: ContextConfig, also = ''): Promise<string> {
  await client.query('BEGIN');
  try {
    await client.query(also);
    await client.query(`CREATE POLICY p ON ${table} FOR SELECT USING (${expression})`);
    const snapshot = await readCatalog(client);
    const config = { ...baseConfig('public'), shared: [], appRole: undefined, ...(context && { context }) };
    const model = classify(snapshot, config);
    const subject = subjectOf(snapshot, model, await loadSqlParser());
    const known = model.relations.find(({ relation }) => relation.name === table);
    const [actor] = subject.app.actors;
    if (!known || !actor) throw new Error(`${table} is not there`);
    const [branch] = branchesOf(subject, known, roleOf(actor), 'select', 'using');
    const finding = branch?.decided.finding;
    if (finding?.outcome === 'proved') return ['proved', ...finding.through].join(' ');
    if (finding?.outcome === 'unknown') return `unknown: ${finding.why}`;
    return finding ? `${finding.how}: ${describeWitness(finding.witness, known)}` : 'nothing';
  } finally {
    await client.query('ROLLBACK');
  }
}

describe('with a setting that names the tenant', () => {
  it.each([
    ['tenant_id = by_uuid_cur()', 'proved'],
    ['by_uuid_mine(tenant_id)', 'proved'],
    ['by_uuid_may(tenant_id, b) AND b', 'proved'],
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
    ["n::text ~ '^1'", 'unknown: a condition for which no row was found'],
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
    ["(nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role') IS NULL", 'always: '],
    ['org = auth.uid()', "ignores: a row with org = 'ffffffff-ffff-4fff-8fff-ffffffffffff'"],
  ])('%s', async (expression, expected) => {
    expect(await said('by_uuid', expression, org)).toBe(expected);
  });

  it('reads texts that are put together, and finds its way through functions', async () => {
    const texts = claims(`format('{"sub": "%s"}', $1)`);
    expect(await said('by_uuid', 'tenant_id = (SELECT auth.uid())', texts)).toBe('proved');
    const joined = claims(`'{"sub": "' || $1 || '"}'`);
    expect(await said('by_uuid', 'tenant_id = auth.uid()', joined)).toBe('proved');
  });
});
