import { describe, expect, it } from 'vitest';
import type { LintLevel } from '../../../src/migrator/lint/lint.js';
import { TENANCY_RULES } from '../../../src/migrator/lint/rules/index.js';
import type { TenancyConfig } from '../../../src/tenancy/config.js';
import { auditKeysAhead } from '../../../src/verifier/ahead.js';
import { type Project, project } from '../fixture.js';

const TENANCY: TenancyConfig = {
  schemas: ['public'],
  root: { schema: 'public', name: 'orgs' },
  columns: ['org_id'],
  columnOverrides: [],
  context: { setting: 'app.org' },
  appRole: undefined,
  // Made by a later file, or never.
  shared: [{ relation: { schema: 'public', name: 'countries' }, reason: 'reference data' }],
  isolation: 'rls',
  checksDirectory: undefined,
  waivers: [],
  fixtures: [],
};

const isolate = (table: string, column = 'org_id') => `
alter table ${table} enable row level security, force row level security;
create policy tenant on ${table} using (${column} = nullif(current_setting('app.org', true), '')::uuid);`;

const BASE = `-- migrate:up
create table orgs (id uuid primary key);${isolate('orgs', 'id')}
create table orders (org_id uuid not null references orgs, id bigint, note text, primary key (org_id, id));${isolate('orders')}
`;

const lint = (level: LintLevel = 'warn', more: Partial<TenancyConfig> = {}) => ({
  lint: { level, tenancy: { ...TENANCY, ...more }, auditKeys: auditKeysAhead },
});

async function withBase(files: Readonly<Record<string, string>>): Promise<Project> {
  const p = await project({ '1_base.sql': BASE });
  expect((await p.migrate(lint('error'))).lint).toEqual({ level: 'error', findings: [], refused: null });
  await p.write(files);
  return p;
}

/** What is found of a file, without what squawk has to say. */
async function found(sql: string, more: Partial<TenancyConfig> = {}) {
  const p = await withBase({ '2_x.sql': `-- migrate:up\n${sql}` });
  const { lint: result } = await p.migrate({ ...lint('warn', more), dryRun: true });
  const ids = new Set(TENANCY_RULES.map(({ id }) => id));
  return { p, findings: result.findings.filter(({ rule }) => ids.has(rule)) };
}

const lines = (rest: string) =>
  `create table lines (org_id uuid not null references orgs, id bigint generated always as identity, ${rest});`;

/** What a file makes; the findings with their severities, by object; the same with the recipes carried out has none. */
const CASES: [string, string, string[]][] = [
  [
    'a table without tenant column',
    'create table logs (id uuid primary key);',
    ['table-without-tenant-column error logs'],
  ],
  [
    'a table whose tenant has to be looked up',
    `create table notes (org_id uuid not null, order_id bigint, foreign key (org_id, order_id) references orders);${isolate('notes')}
     create table parts (id uuid primary key, order_org uuid, order_id bigint, foreign key (order_org, order_id) references orders);
     alter table parts enable row level security, force row level security;
     create policy tenant on parts using (exists (select from orders where id = order_id and org_id = order_org));`,
    ['table-without-tenant-column warn parts'],
  ],
  [
    'one without row level security',
    lines('primary key (org_id, id)'),
    ['table-without-rls error lines', 'table-without-force warn lines', 'table-without-policy warn lines'],
  ],
  [
    'one without FORCE and policy',
    `${lines('primary key (org_id, id)')} alter table lines enable row level security;`,
    ['table-without-force warn lines', 'table-without-policy warn lines'],
  ],
  [
    'a unique constraint and an index that span tenants',
    `alter table orders add unique (note); create unique index orders_lower on orders (lower(note));`,
    ['unique-not-scoped error orders', 'unique-not-scoped error orders'],
  ],
  [
    'a foreign key that does not carry the tenant',
    `${lines('parent bigint, primary key (org_id, id), unique (id), foreign key (parent) references lines (id)')}${isolate('lines')}`,
    ['fk-crosses-tenants error lines'],
  ],
  [
    'an exclusion constraint that spans tenants',
    `alter table orders add exclude (note with =);`,
    ['exclusion-not-scoped error orders'],
  ],
  [
    'an index that does not lead with the tenant',
    'create index orders_note on orders (note, org_id);',
    ['index-not-led-by-tenant warn orders'],
  ],
  [
    'a grant to PUBLIC',
    'grant select, insert (note) on orders to public;',
    ['granted-to-public warn orders'],
  ],
];

describe.each(CASES)('%s', (_, sql, expected) => {
  it('is found, and its recipe leaves nothing to find', async () => {
    const { findings } = await found(sql);
    expect(findings.map(({ rule, severity, object }) => `${rule} ${severity} ${object}`).sort()).toEqual(
      expected.sort(),
    );
    for (const each of findings) {
      expect(each).toMatchObject({ file: '2_x.sql', line: null, statement: null, waived: null });
      expect(each.detail).toMatch(/^\S.*[^.]$/);
    }
    if (sql.includes('parts')) return;
    const mended = findings.map(({ recipe }) => recipe).join('\n');
    const left = (await found(`${sql}\n${mended}`)).findings.map(({ rule }) => rule);
    const isolated = left.filter((rule) => !/^table-without-(rls|force|policy)$/.test(rule));
    expect(sql.includes('logs') ? isolated : left).toEqual([]);
  });
});

describe('no finding', () => {
  it.each([
    [
      'in a table that is isolated',
      `${lines('note text, primary key (org_id, id), unique (org_id, note)')}${isolate('lines')}create index on lines (org_id, note);`,
    ],
    ['in a shared one', 'create table countries (code text primary key);'],
    [
      'in keys that nobody can choose',
      `create table tokens (org_id uuid not null references orgs, id uuid primary key, n bigint generated always as identity unique);${isolate('tokens')}`,
    ],
    [
      'in a partition',
      `create table events (org_id uuid not null references orgs, at date) partition by range (at);${isolate('events')}create table events_1 partition of events for values from ('2025-01-01') to ('2026-01-01');`,
    ],
    [
      'in an index without order',
      'create extension if not exists btree_gin; create index on orders using gin (note);',
    ],
    [
      'in a file that changes rows alone',
      "insert into orgs values (gen_random_uuid()); update orders set note = 'x';",
    ],
    ['in another schema', 'create schema other; create table other.logs (id int);'],
  ])('%s', async (_, sql) => {
    const { findings } = await found(sql);
    expect(findings).toEqual([]);
  });

  it('of row level security where the application isolates', async () => {
    const { findings } = await found(lines('primary key (org_id, id)'), { isolation: 'application' });
    expect(findings).toEqual([]);
  });

  it('as long as there is no root', async () => {
    const p = await project({
      '1_a.sql': '-- migrate:up\ncreate table users (id int, email text unique);',
      '2_base.sql': BASE,
    });
    expect((await p.migrate(lint('error'))).lint.findings).toEqual([]);
  });
});

it('the policy of a recipe is the one that the tables beside it have', async () => {
  const { findings } = await found(lines('primary key (org_id, id)'));
  expect(findings.find(({ rule }) => rule === 'table-without-policy')?.recipe).toBe(
    `CREATE POLICY "tenant_isolation" ON "public"."lines" USING ((org_id = (NULLIF(current_setting('app.org'::text, true), ''::text))::uuid)) WITH CHECK ((org_id = (NULLIF(current_setting('app.org'::text, true), ''::text))::uuid));`,
  );
});

it('refuses with error: the file is rolled back with the finding', async () => {
  const p = await withBase({
    '2_x.ts':
      "export const up = (knex) => knex.schema.createTable('logs', (t) => { t.uuid('id').primary(); });",
  });
  const { applied, lint: result } = await p.migrate(lint('error'));
  expect([applied, result.refused]).toEqual([[], { name: '2_x.ts', left: 'nothing' }]);
  expect(await p.db.query("select to_regclass('logs') as logs")).toEqual([{ logs: null }]);
});

it('of a file outside a transaction it judges what is done, and begins nothing after it', async () => {
  const p = await withBase({
    '2_x.sql': '-- migrate:up transaction:false\ncreate unique index concurrently u on orders (note);',
    '3_y.sql': '-- migrate:up\nselect 1;',
  });
  const { applied, pending, lint: result } = await p.migrate(lint('error'));
  expect(applied.map(({ name }) => name)).toEqual(['2_x.sql']);
  expect(pending).toEqual(['3_y.sql']);
  expect(result).toMatchObject({
    refused: { name: '2_x.sql', left: 'everything' },
    findings: [{ rule: 'unique-not-scoped', object: 'orders' }],
  });
  expect((await p.migrate(lint('error'))).applied).toHaveLength(1);
});

it('each file answers for what it has made itself, and a waiver holds for the file', async () => {
  const p = await withBase({
    '2_x.sql':
      '-- migrate:up\n-- tenantctl:allow granted-to-public: a kiosk\ngrant select on orders to public;',
    '3_y.sql': '-- migrate:up\ncreate table logs ();',
    '4_z.sql':
      '-- migrate:up\n-- tenantctl:allow table-without-tenant-column: it is 3_y that makes it\nalter table logs add n int;',
  });
  for (const options of [{ dryRun: true }, { singleTransaction: true }]) {
    const { lint: result } = await p.migrate({ ...lint(), ...options });
    expect(result.findings.map(({ rule, file, waived }) => [rule, file, waived])).toEqual([
      ['table-without-tenant-column', '3_y.sql', null],
      ['waiver-unused', '4_z.sql', null],
      ['granted-to-public', '2_x.sql', 'a kiosk'],
    ]);
  }
});

it('without tenants in the configuration a waiver of theirs is not called unused', async () => {
  const p = await project({
    '1_a.sql': '-- migrate:up\n-- tenantctl:allow table-without-rls: no tenants\ncreate table a ();',
  });
  expect((await p.migrate({ lint: { level: 'warn' } })).lint.findings).toEqual([]);
});
