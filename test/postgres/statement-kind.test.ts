import { expect, it } from 'vitest';
import { kindOfStatement } from '../../src/postgres/statement-kind.js';
import { useTestDatabase } from '../support/database.js';

const db = useTestDatabase();

it.each([
  ['create table t (id int)', true],
  ['insert into t values ($1)', true],
  ["alter type mood add value 'ok'", true],
  ['drop index i', true],
  ['vacuum t', false],
  ['create index concurrently i on t (id)', false],
  ['drop index concurrently if exists i', false],
  ['reindex index concurrently i', false],
  ['alter table t detach partition p concurrently', false],
  ['create database d', false],
  ["alter system set work_mem = '8MB'", false],
  ['call p()', false],
  ['do $$ begin commit; end $$', false],
  ['do $$ begin\ncall\np(); end $$', false],
  ['do $$ begin insert into t values (1); end $$', true],
  ['begin', false],
  ['select 1; insert into t values (1)', true],
  ['select 1; vacuum t', false],
  ['begin; select 1', false],
  ['this is no SQL', false],
])('%s: in a transaction %s', async (text, transactional) => {
  expect(await kindOfStatement(text)).toMatchObject({ transactional });
});

it('what the server refuses in a transaction is not taken for transactional', async () => {
  const client = await db.client();
  await client.query('create table t (id int); create index i on t (id)');
  for (const text of [
    ...[
      'vacuum t',
      'create index concurrently j on t (id)',
      'drop index concurrently i',
      'create database nope',
    ],
    ...[
      'reindex index concurrently i',
      "alter system set work_mem = '8MB'",
      'reindex schema public',
      'discard all',
    ],
    ...["create tablespace x location '/nowhere'", 'drop database nope', 'drop tablespace nope'],
  ]) {
    await client.query('begin');
    await expect(client.query(text)).rejects.toMatchObject({ code: '25001' });
    await client.query('rollback');
    expect({ text, ...(await kindOfStatement(text)) }).toMatchObject({ text, transactional: false });
  }
});

it.each([
  ['reindex index concurrently s.i', { relation: { schema: 's', name: 'i' } }],
  ['reindex (concurrently, verbose) table "T"', { relation: { schema: undefined, name: 'T' } }],
  ['reindex schema concurrently s', { schema: 's' }],
  ['reindex database concurrently d', {}],
  ['reindex table t', undefined],
])('%s: what it rebuilds', async (text, rebuilds) => {
  expect((await kindOfStatement(text)).rebuilds).toEqual(rebuilds);
});

it('names the index that is built or dropped concurrently', async () => {
  expect(await kindOfStatement('create index concurrently if not exists "I" on s.t (a)')).toMatchObject({
    ...{ concurrent: true, builds: { schema: 's', table: 't', index: 'I' } },
  });
  expect(await kindOfStatement('drop index concurrently s.i')).toMatchObject({
    ...{ concurrent: true, drops: { schema: 's', index: 'i' } },
  });
  expect((await kindOfStatement('create index i on t (a)')).builds).toBeUndefined();
  expect((await kindOfStatement('create index concurrently on t (a)')).builds).toBeUndefined();
});

it('tells what reads, what only sets, and which functions are called', async () => {
  expect(await kindOfStatement('select f(g(1)) from t')).toMatchObject({
    reads: true,
    functions: ['f', 'g'],
  });
  expect(await kindOfStatement('select * into copy from t')).toMatchObject({ reads: false });
  expect(await kindOfStatement("select set_config('a.b', 'c', false)")).toMatchObject({ setting: true });
  expect(await kindOfStatement('set role x')).toMatchObject({ setting: true, transactional: true });
  expect(await kindOfStatement('select set_config(1), f()')).toMatchObject({ setting: false });
});
