import fc from 'fast-check';
import type pg from 'pg';
import { beforeAll, expect, it } from 'vitest';
import { compareSchema, prepareReading } from '../../../src/catalog/fingerprint/compare.js';
import { type Drift, driftOf } from '../../../src/catalog/fingerprint/drift.js';
import { readDrift } from '../../../src/catalog/fingerprint/read-drift.js';
import { FINGERPRINT_TABLES } from '../../../src/catalog/fingerprint/tables.js';
import { takeFingerprint } from '../../../src/catalog/fingerprint/take.js';
import { ensureBookkeepingTables } from '../../../src/postgres/bookkeeping.js';
import { createLogin, useTestDatabase } from '../../support/database.js';

const db = useTestDatabase();
let client: pg.Client;
let role: string;

beforeAll(async () => {
  client = await db.client();
  role = (await createLogin(db, 'somebody')).role;
  await client.query(`
    create schema app;
    create type app.mood as enum ('good', 'bad');
    create domain app.short as text check (length(value) < 9);
    create type app.pair as (a int, b int);
    create table app.t (id serial primary key, a int default 1, b text not null, c app.mood);
    create table app.p (id int) partition by range (id);
    create table app.p1 partition of app.p for values from (0) to (10);
    create index on app.p (id);
    create table app.u (a int);
    create table app.above (a int);
    create table app.below (a int);
    create table app.q (id int) partition by list (id);
    create view app.v as select id from app.t;
    create materialized view app.m as select id from app.t;
    create function app.f(n int) returns int language sql as 'select n';
    create function app.touch() returns trigger language plpgsql as 'begin return new; end';
    create sequence app.s;
    create policy own on app.t using (a = 1);
    create trigger touch before insert on app.t for each row execute function app.touch();
    create index t_a on app.t (a);
    create statistics app.st on a, b from app.t;
    create publication pub for table app.t`);
  await ensureBookkeepingTables(client, FINGERPRINT_TABLES);
  await takeFingerprint(client, 'test');
});

/** What somebody does, how it is undone, and what status then names: 'change kind name'. */
const STEPS: readonly (readonly [apply: string, revert: string, named: string])[] = [
  ['create schema extra', 'drop schema extra', 'created schema extra'],
  ['grant usage on schema app to ROLE', 'revoke usage on schema app from ROLE', 'changed schema app'],
  ['create table app.n (id serial)', 'drop table app.n', 'created table app.n'],
  ['alter table app.t add x int', 'alter table app.t drop x', 'created column app.t.x'],
  ['alter table app.u alter a type bigint', 'alter table app.u alter a type int', 'changed column app.u.a'],
  [
    'alter table app.t alter a set default 2',
    'alter table app.t alter a set default 1',
    'changed column app.t.a',
  ],
  [
    'alter table app.t alter b drop not null',
    'alter table app.t alter b set not null',
    'changed column app.t.b',
  ],
  ['alter table app.t rename c to d', 'alter table app.t rename d to c', 'dropped column app.t.c'],
  [
    'alter table app.t add constraint k check (a > 0)',
    'alter table app.t drop constraint k',
    'created constraint app.t.k',
  ],
  [
    'alter table app.t add unique (b)',
    'alter table app.t drop constraint t_b_key',
    'created constraint app.t.t_b_key',
  ],
  [
    'alter table app.t enable row level security',
    'alter table app.t disable row level security',
    'changed table app.t',
  ],
  [
    'alter table app.t force row level security',
    'alter table app.t no force row level security',
    'changed table app.t',
  ],
  ['alter table app.t set (fillfactor = 70)', 'alter table app.t reset (fillfactor)', 'changed table app.t'],
  [
    'alter table app.below inherit app.above',
    'alter table app.below no inherit app.above',
    'changed table app.below',
  ],
  [
    'create foreign data wrapper w; create server far foreign data wrapper w; create foreign table app.f (a int) server far',
    'drop foreign data wrapper w cascade',
    'created foreign table app.f',
  ],
  ['alter table app.u set unlogged', 'alter table app.u set logged', 'changed table app.u'],
  [
    'alter table app.t replica identity full',
    'alter table app.t replica identity default',
    'changed table app.t',
  ],
  [
    'alter policy own on app.t using (true)',
    'alter policy own on app.t using (a = 1)',
    'changed policy app.t.own',
  ],
  ['alter policy own on app.t to ROLE', 'alter policy own on app.t to public', 'changed policy app.t.own'],
  ['create policy more on app.t', 'drop policy more on app.t', 'created policy app.t.more'],
  [
    'alter table app.t disable trigger touch',
    'alter table app.t enable trigger touch',
    'changed trigger app.t.touch',
  ],
  ['create rule r as on delete to app.t do instead nothing', 'drop rule r on app.t', 'created rule app.t.r'],
  ['create index t_b on app.t (b)', 'drop index app.t_b', 'created index app.t_b'],
  ['drop index app.t_a', 'create index t_a on app.t (a)', 'dropped index app.t_a'],
  ['drop statistics app.st', 'create statistics app.st on a, b from app.t', 'dropped statistics app.st'],
  ['grant select on app.t to ROLE', 'revoke select on app.t from ROLE', 'changed table app.t'],
  ['grant update (b) on app.t to ROLE', 'revoke update (b) on app.t from ROLE', 'changed column app.t.b'],
  ['alter table app.p owner to ROLE', 'alter table app.p owner to current_user', 'changed table app.p'],
  [
    'create table app.p2 partition of app.p for values from (10) to (20)',
    'drop table app.p2',
    'created table app.p2',
  ],
  [
    'alter table app.p detach partition app.p1',
    'alter table app.p attach partition app.p1 for values from (0) to (10)',
    'changed table app.p1',
  ],
  [
    'create or replace view app.v as select id, 1 as one from app.t',
    'drop view app.v; create view app.v as select id from app.t',
    'changed view app.v',
  ],
  [
    'alter view app.v set (security_barrier)',
    'alter view app.v reset (security_barrier)',
    'changed view app.v',
  ],
  [
    'drop materialized view app.m',
    'create materialized view app.m as select id from app.t',
    'dropped materialized view app.m',
  ],
  [
    "create or replace function app.f(n int) returns int language sql as 'select n + 1'",
    "create or replace function app.f(n int) returns int language sql as 'select n'",
    'changed function app.f(n integer)',
  ],
  [
    'alter function app.f(int) security definer',
    'alter function app.f(int) security invoker',
    'changed function app.f(n integer)',
  ],
  [
    'alter function app.f(int) set work_mem = 64',
    'alter function app.f(int) reset work_mem',
    'changed function app.f(n integer)',
  ],
  [
    'revoke execute on function app.f(int) from public',
    'grant execute on function app.f(int) to public',
    'changed function app.f(n integer)',
  ],
  ['alter sequence app.s increment 5', 'alter sequence app.s increment 1', 'changed sequence app.s'],
  [
    'grant usage on sequence app.s to ROLE',
    'revoke usage on sequence app.s from ROLE',
    'changed sequence app.s',
  ],
  [
    'alter type app.mood rename value $$bad$$ to $$sad$$',
    'alter type app.mood rename value $$sad$$ to $$bad$$',
    'changed type app.mood',
  ],
  [
    'alter type app.pair add attribute z int',
    'alter type app.pair drop attribute z',
    'changed type app.pair',
  ],
  ['alter domain app.short set not null', 'alter domain app.short drop not null', 'changed domain app.short'],
  [
    'alter domain app.short add constraint e check (value <> $$$$)',
    'alter domain app.short drop constraint e',
    'changed domain app.short',
  ],
  [
    'alter publication pub add table app.q',
    'alter publication pub drop table app.q',
    'changed publication pub',
  ],
  [
    'alter default privileges in schema app grant select on tables to ROLE',
    'alter default privileges in schema app revoke select on tables from ROLE',
    'created default privileges of postgres on tables in app',
  ],
];

const nameOf = ({ change, kind, name }: Drift) => `${change} ${kind} ${name}`;

const driftNow = async () => driftOf(await compareSchema(client, await prepareReading(client)));

const names = async () => {
  const { state, drift } = await readDrift(client);
  expect(state).toBe('comparable');
  return drift.map(nameOf);
};

const run = (sql: string) => client.query(sql.replaceAll('ROLE', `"${role}"`).replaceAll('$$', "'"));

it.each(STEPS)('%s: named, and gone with %s', async (apply, revert, named) => {
  await run(apply);
  expect(await names()).toContain(named);
  await run(revert);
  expect(await names()).toEqual([]);
});

it('whatever is done in whatever order is named, and undone it is no drift', async () => {
  // Not what stands in another one's way: a view that is written anew, a column that is renamed, privileges that are given
  // to what another one makes again.
  const free = STEPS.filter(([apply]) => !/create or replace view|rename c|default privileges/.test(apply));
  const some = fc.shuffledSubarray(free, { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(some, async (steps) => {
      await client.query('begin');
      try {
        await prepareReading(client);
        for (const [apply] of steps) await run(apply);
        const found = (await driftNow()).map(nameOf);
        for (const [, , named] of steps) expect(found).toContain(named);
        const meant = new Set(steps.map(([, , named]) => named));
        // A partition that leaves its table, or comes to it, has columns and indexes of its own.
        expect(found.filter((each) => !meant.has(each) && !/app\.p[12]/.test(each))).toEqual([]);
        for (const [, revert] of steps.toReversed()) await run(revert);
        expect(await driftNow()).toEqual([]);
      } finally {
        await client.query('rollback');
      }
    }),
    { numRuns: 25 },
  );
});

it('a NOT NULL that holds for new rows only is no whole one, PostgreSQL 18+', async () => {
  const { rows } = await client.query(`select current_setting('server_version_num')::int >= 180000 as knows`);
  const loosened = client.query('alter table app.u add constraint loose not null a not valid');
  if (!rows[0].knows) return expect(loosened).rejects.toMatchObject({ code: '42601' });
  await loosened;
  expect(await names()).toEqual(['changed column app.u.a']);
  await client.query('alter table app.u drop constraint loose');
  expect(await names()).toEqual([]);
});

it('what belongs to an extension is told by its version', async () => {
  await client.query('create extension pg_trgm schema app');
  expect(await names()).toEqual(['created extension pg_trgm']);
  await client.query('drop extension pg_trgm');
  expect(await names()).toEqual([]);
});

it('what goes or comes with its table is not told besides', () => {
  const object = { before: null, now: { type: 'integer' } };
  const deviations = [
    { kind: 'column', identity: 'app.n.id', parent: 'app.n', ...object },
    { kind: 'table', identity: 'app.n', parent: null, ...object },
    { kind: 'column', identity: 'app.t.id', parent: 'app.t', ...object },
  ];
  expect(driftOf(deviations).map(({ name }) => name)).toEqual(['app.n', 'app.t.id']);
});
