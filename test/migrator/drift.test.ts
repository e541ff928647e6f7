import { expect, it } from 'vitest';
import { isUpToDate, standOf } from '../../src/migrator/status.js';
import { failure, type Project, project, table } from './fixture.js';

const files = { '1_a.ts': table('a'), '2_b.ts': table('b') };

async function migrated(): Promise<Project> {
  const p = await project(files);
  await p.migrate();
  return p;
}

const names = async (p: Project) =>
  (await p.status()).drift.map(({ change, kind, name }) => `${change} ${kind} ${name}`);

it('there is no drift right after a run, and no fingerprint before the first', async () => {
  const p = await project(files);
  expect(await p.status()).toMatchObject({ fingerprint: { state: 'absent', takenAt: null }, drift: [] });
  await p.migrate({ to: '1_a' });
  expect(await p.status()).toMatchObject({
    fingerprint: { state: 'comparable', command: 'migrate', takenAt: expect.any(Date), run: null },
    drift: [],
  });
  await p.migrate();
  expect(isUpToDate(await p.status())).toBe(true);
  await p.rollback();
  expect(await p.status()).toMatchObject({ fingerprint: { command: 'rollback' }, drift: [] });
});

it('names what was created, changed and dropped since, and how it differs', async () => {
  const p = await migrated();
  await p.db.query(`
    alter table a alter id type bigint;
    alter table a add column extra text, enable row level security;
    create policy open on a using (true);
    grant select on a to public;
    create table scratch (id serial primary key);
    drop table b`);
  const { drift } = await p.status();
  expect(drift).toEqual([
    {
      change: 'changed',
      kind: 'table',
      name: 'public.a',
      differences: [
        { property: 'grants', before: null, now: ['SELECT to PUBLIC'] },
        { property: 'row level security', before: null, now: true },
      ],
    },
    { change: 'created', kind: 'column', name: 'public.a.extra', differences: [] },
    {
      change: 'changed',
      kind: 'column',
      name: 'public.a.id',
      differences: [{ property: 'type', before: 'integer', now: 'bigint' }],
    },
    { change: 'created', kind: 'policy', name: 'public.a.open', differences: [] },
    { change: 'dropped', kind: 'table', name: 'public.b', differences: [] },
    { change: 'created', kind: 'table', name: 'public.scratch', differences: [] },
  ]);
  expect(standOf(await p.status())).toBe('behind');
});

it('what varies by itself is no drift', async () => {
  const p = await migrated();
  await p.db.query('insert into a default values');
  await p.db.query('vacuum analyze a');
  await p.db.query("comment on table a is 'a table'; select nextval('a_id_seq')");
  await p.db.query('create temporary table passing ()');
  expect(await names(p)).toEqual([]);
});

it('a run does not take over what differed before it, unless it changed that, too', async () => {
  const p = await migrated();
  await p.db.query('create table alien (); alter table a add column x text; alter table b add column y text');
  await p.write({ '3_c.ts': table('c'), '4_y.sql': '-- migrate:up\nalter table b drop column y;' });
  await p.migrate();
  expect(await names(p)).toEqual(['created column public.a.x', 'created table public.alien']);
  await p.db.query('alter table a drop column x');
  await p.write({ '5_d.ts': table('d') });
  await p.migrate();
  expect(await names(p)).toEqual(['created table public.alien']);
});

it('a dropped table stays missed until a migration makes it again', async () => {
  const p = await migrated();
  await p.db.query('drop table b');
  await p.write({ '3_c.ts': table('c') });
  await p.migrate();
  expect(await names(p)).toEqual(['dropped table public.b']);
  await p.write({ '4_b.ts': table('b') });
  await p.migrate();
  expect(await names(p)).toEqual([]);
});

it('a run that fails keeps what its files have committed', async () => {
  const p = await project({ ...files, '3_bad.sql': '-- migrate:up\ncreate table c ();\nselect 1/0;' });
  await failure(p.migrate());
  expect(await p.status()).toMatchObject({ fingerprint: { state: 'comparable' }, drift: [] });
});

it('a file that fails outside a transaction may leave a transaction, a role and settings behind', async () => {
  const p = await project({
    ...files,
    '3_bad.sql': `-- migrate:up transaction:false
      create table half (); set search_path = pg_temp; set role pg_monitor; begin; select 1/0;`,
  });
  await failure(p.migrate());
  expect(await p.status()).toMatchObject({ fingerprint: { state: 'comparable' }, drift: [] });
});
