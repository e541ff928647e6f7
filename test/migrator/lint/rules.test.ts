import { readdirSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { Judge } from '../../../src/migrator/lint/judge.js';
import { parseText } from '../../../src/migrator/lint/parse.js';
import { Relations } from '../../../src/migrator/lint/relations.js';
import { RULES, TENANCY_RULES, UNSAFE_RULES } from '../../../src/migrator/lint/rules/index.js';
import { useTestDatabase } from '../../support/database.js';
import { project } from '../fixture.js';

const directory = path.resolve(import.meta.dirname, '../../../src/migrator/lint/rules');

it('every rule has a file of its name in the folder of its family, and every file is in the sorted registry', () => {
  const files = readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => readdirSync(path.join(directory, name)).map((file) => `${name}/${file}`));
  expect(RULES.map(({ family, id }) => `${family}/${id}.ts`)).toEqual(files.sort());
});

it('every rule reads as one', () => {
  for (const { id, title } of RULES) {
    expect(id).toMatch(/^[a-z]+(-[a-z]+)+$/);
    expect(title).toMatch(/^[A-Z].*[^.]$/);
  }
  expect(new Set(UNSAFE_RULES.flatMap(({ squawk }) => squawk)).size).toBeGreaterThan(10);
  expect(TENANCY_RULES.length).toBeGreaterThan(5);
});

/** Tables in use. */
const BASE = `
create schema "Shop";
create table "Shop"."Orders" (id bigint primary key, "Ref" text, note varchar(20), total int);
create index "Orders_note" on "Shop"."Orders" (note);
create table owners (id bigint primary key);
create table events (at date not null) partition by range (at);
create table events_2025 partition of events for values from ('2025-01-01') to ('2026-01-01');
`;

/** A statement that the rule is about, what of the recipe names what is real, and one that is close and does no harm. */
const CASES: Record<string, { bad: string; recipe: string; near: string; outside?: true }> = {
  'check-validated-at-once': {
    bad: 'alter table "Shop"."Orders" add constraint positive check (total > 0)',
    recipe: 'ALTER TABLE "Shop"."Orders" VALIDATE CONSTRAINT "positive";',
    near: 'alter table "Shop"."Orders" add constraint positive check (total > 0) not valid',
  },
  'column-dropped': {
    bad: 'alter table "Shop"."Orders" drop column "Ref"',
    recipe: 'ALTER TABLE "Shop"."Orders" DROP COLUMN "Ref";',
    near: 'alter table "Shop"."Orders" alter "Ref" drop default',
  },
  'column-renamed': {
    bad: 'alter table "Shop"."Orders" rename "Ref" to "Reference"',
    recipe: 'ALTER TABLE "Shop"."Orders" DROP COLUMN "Ref";',
    near: 'alter index "Shop"."Orders_note" rename to "Orders_n"',
  },
  'column-type-changed': {
    bad: 'alter table "Shop"."Orders" alter total type numeric(12, 2)',
    recipe: 'ALTER TABLE "Shop"."Orders" ADD COLUMN "total_new" numeric(12, 2);',
    near: 'alter table "Shop"."Orders" alter total set default 0',
  },
  'constraint-validated-in-same-transaction': {
    bad: `alter table "Shop"."Orders" add constraint positive check (total > 0) not valid;
alter table "Shop"."Orders" validate constraint positive`,
    recipe: 'ALTER TABLE "Shop"."Orders" VALIDATE CONSTRAINT "positive";',
    near: 'alter table "Shop"."Orders" add constraint positive check (total > 0) not valid',
  },
  'foreign-key-validated-at-once': {
    bad: 'alter table "Shop"."Orders" add column owner bigint default 1 references owners on delete set null',
    recipe:
      'ALTER TABLE "Shop"."Orders" ADD CONSTRAINT "Orders_owner_fkey" FOREIGN KEY ("owner") REFERENCES "owners" ON DELETE SET NULL NOT VALID;',
    near: 'alter table "Shop"."Orders" add constraint o foreign key (id) references owners (id) not valid',
  },
  'index-drop-not-concurrent': {
    bad: 'drop index "Shop"."Orders_note"',
    recipe: 'DROP INDEX CONCURRENTLY "Shop"."Orders_note";',
    near: 'drop index concurrently "Shop"."Orders_note"',
    outside: true,
  },
  'index-not-concurrent': {
    bad: `create unique index "Orders_Ref" on "Shop"."Orders" using btree (lower("Ref"), total desc) include (note) where total > 0`,
    recipe:
      'CREATE UNIQUE INDEX CONCURRENTLY "Orders_Ref" ON "Shop"."Orders" using btree (lower("Ref"), total desc) include (note) where total > 0;',
    near: 'create index concurrently on "Shop"."Orders" (total)',
    outside: true,
  },
  'not-null-scans-table': {
    bad: 'alter table "Shop"."Orders" alter "Ref" set not null',
    recipe:
      'ALTER TABLE "Shop"."Orders" ADD CONSTRAINT "Orders_Ref_not_null" CHECK ("Ref" IS NOT NULL) NOT VALID;',
    near: 'alter table "Shop"."Orders" alter "Ref" drop not null',
  },
  'partition-detached-not-concurrent': {
    bad: 'alter table events detach partition events_2025',
    recipe: 'ALTER TABLE "events" DETACH PARTITION "events_2025" CONCURRENTLY;',
    near: 'alter table events detach partition events_2025 concurrently',
    outside: true,
  },
  'primary-key-built-in-place': {
    bad: 'alter table "Shop"."Orders" drop constraint "Orders_pkey", add primary key (id, total)',
    recipe: 'ALTER TABLE "Shop"."Orders" ADD CONSTRAINT "Orders_pkey" PRIMARY KEY USING INDEX "Orders_pkey";',
    near: 'alter table "Shop"."Orders" drop constraint "Orders_pkey"',
  },
  'reindex-not-concurrent': {
    bad: 'reindex table "Shop"."Orders"',
    recipe: 'REINDEX TABLE CONCURRENTLY "Shop"."Orders";',
    near: 'reindex table concurrently "Shop"."Orders"',
    outside: true,
  },
  'required-column-without-default': {
    bad: 'alter table "Shop"."Orders" add "Paid" numeric(12, 2) not null',
    recipe: 'ALTER TABLE "Shop"."Orders" ADD COLUMN "Paid" numeric(12, 2);',
    near: 'alter table "Shop"."Orders" add "Paid" numeric(12, 2) not null default 0',
  },
  'table-dropped': {
    bad: 'drop table "Shop"."Orders"',
    recipe: 'DROP TABLE "Shop"."Orders";',
    near: 'drop view if exists "Shop"."Orders_view"',
  },
  'table-renamed': {
    bad: 'alter table "Shop"."Orders" rename to "Purchases"',
    recipe: 'CREATE VIEW "Shop"."Orders" WITH (security_invoker = true) AS SELECT * FROM "Shop"."Purchases";',
    near: 'alter index "Shop"."Orders_note" rename to "Orders_n"',
  },
  'table-rewritten': {
    bad: 'vacuum full "Shop"."Orders"',
    recipe: 'VACUUM (ANALYZE) "Shop"."Orders";',
    near: 'vacuum "Shop"."Orders"',
    outside: true,
  },
  'truncate-cascades': {
    bad: 'truncate "Shop"."Orders" cascade',
    recipe: 'TRUNCATE "Shop"."Orders";',
    near: 'truncate "Shop"."Orders"',
  },
  'unique-built-in-place': {
    bad: 'alter table "Shop"."Orders" add constraint "Orders_key" unique ("Ref", total)',
    recipe: 'ALTER TABLE "Shop"."Orders" ADD CONSTRAINT "Orders_key" UNIQUE USING INDEX "Orders_key";',
    near: 'alter table "Shop"."Orders" add column paid boolean',
  },
  'volatile-default-rewrites-table': {
    bad: 'alter table "Shop"."Orders" add column token uuid default gen_random_uuid()',
    recipe: 'ALTER TABLE "Shop"."Orders" ADD COLUMN "token" uuid;',
    near: 'alter table "Shop"."Orders" add column token timestamptz default now()',
  },
};

it('every rule of what is unsafe has its case', () => {
  expect(Object.keys(CASES)).toEqual(UNSAFE_RULES.map(({ id }) => id));
});

const db = useTestDatabase();
let inUse: Relations;
let judge: Judge;

beforeAll(async () => {
  const client = await db.client();
  await client.query(BASE);
  inUse = await Relations.read(client, { schema: 'public', name: 'knex_migrations' });
  judge = new Judge(client, () => {}, 150_004);
});

/** What is said of statements about to be sent. */
async function found(sql: string, outside: boolean, relations = inUse.copy(), everything = false) {
  return (await judge.judge([sql], !outside, relations, everything)).judgements;
}

describe.each(Object.entries(CASES))('%s', (id, { bad, recipe, near, outside = false }) => {
  it('is found, with what to do instead', async () => {
    const judgements = await found(bad, outside);
    expect(judgements).toMatchObject([
      { rule: { id }, harmless: false, detail: expect.stringMatching(/^[a-z].*[^.]$/) },
    ]);
    expect(judgements[0]?.recipe).toContain(recipe);
    expect(await parseText(judgements[0]?.recipe.replaceAll('…', 'int') ?? '')).not.toEqual([]);
  });

  it('is not found in what does no harm, nor in a table that the run makes itself', async () => {
    expect(await found(near, outside)).toEqual([]);
    const nothing = inUse.copy();
    for (const { node } of await parseText(
      'drop table "Shop"."Orders", events; drop index "Shop"."Orders_note"',
    )) {
      nothing.note(node);
    }
    expect(await found(bad, outside, nothing)).toEqual([]);
    // A waiver for it is of use all the same, where the table is somebody's.
    expect(await found(bad, outside, nothing, true)).toMatchObject([{ rule: { id }, harmless: true }]);
  });
});

it('a foreign key of a new column without a default has no row to check', async () => {
  const sql = 'alter table "Shop"."Orders" add column owner bigint references owners';
  expect(await found(sql, false)).toMatchObject([{ harmless: true }]);
});

/** Recipes that can be run as they stand, in the place of the statement. */
const RUNNABLE = [
  'check-validated-at-once',
  'index-drop-not-concurrent',
  'index-not-concurrent',
  'not-null-scans-table',
  'partition-detached-not-concurrent',
  'reindex-not-concurrent',
  'required-column-without-default',
  'table-renamed',
  'truncate-cascades',
  'unique-built-in-place',
];

it.each(RUNNABLE)('the recipe of %s does it, and the lint has nothing to say of it', async (id) => {
  const { bad, outside = false } = CASES[id] ?? { bad: '' };
  const [judgement] = await found(bad, outside);
  const p = await project({ '1_base.sql': `-- migrate:up\n${BASE}` });
  await p.migrate();
  const statements = await parseText(judgement?.recipe ?? '');
  const files = statements.map(({ text }, index) => [
    `${index + 2}_step.sql`,
    `-- migrate:up transaction:false\n${text};`,
  ]);
  await p.write(Object.fromEntries(files));
  const { applied, lint } = await p.migrate({ lint: { level: 'warn' } });
  expect(applied).toHaveLength(statements.length);
  const again = lint.findings.filter(({ rule }) => rule === id || rule === 'not-null-scans-table');
  expect(id === 'table-renamed' ? again.slice(1) : again).toEqual([]);
});
