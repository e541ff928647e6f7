import { expect, it } from 'vitest';
import { describeSchema } from '../support/schema.js';
import { failure, outside, project, table } from './fixture.js';

const files = { '1_a.ts': table('a'), '2_b.ts': table('b'), '3_c.ts': table('c'), '4_d.ts': table('d') };

/** 1 and 2 as batch 1, 3 as batch 2, 4 as batch 3. */
async function applied() {
  const p = await project(files);
  for (const to of ['2_b', '3_c', '4_d']) await p.migrate({ to });
  return p;
}

it('undoes the last batch unless told otherwise, newest first', async () => {
  const p = await project(files);
  await p.migrate({ to: '2_b' });
  await p.migrate();
  expect(await p.rollback()).toEqual({
    dryRun: false,
    planned: [
      { name: '4_d.ts', batch: 2 },
      { name: '3_c.ts', batch: 2 },
    ],
    losses: {
      ...{ columns: [], truncated: [], rows: [], notKnown: [] },
      tables: ['c', 'd'].map((name) => ({ schema: 'public', name, rows: { count: 0, estimated: false } })),
    },
    rolledBack: [
      { name: '4_d.ts', batch: 2, durationMs: expect.any(Number) },
      { name: '3_c.ts', batch: 2, durationMs: expect.any(Number) },
    ],
    applied: ['1_a.ts', '2_b.ts'],
  });
  expect(await p.ledger()).toEqual(['1_a.ts', '2_b.ts']);
  expect(await p.db.query("select to_regclass('c') as c, to_regclass('b')::text as b")).toEqual([
    { c: null, b: 'b' },
  ]);
  expect((await p.migrate()).applied).toMatchObject([{ batch: 2 }, { batch: 2 }]);
});

it('--steps, --to and --all cross batches', async () => {
  const p = await applied();
  expect(await p.rollback({ selection: { kind: 'steps', count: 2 } })).toMatchObject({
    applied: ['1_a.ts', '2_b.ts'],
  });
  await p.migrate();
  expect(await p.rollback({ selection: { kind: 'to', name: '1_a.js' } })).toMatchObject({
    ...{ rolledBack: [{ name: '4_d.ts' }, { name: '3_c.ts' }, { name: '2_b.ts' }], applied: ['1_a.ts'] },
  });
  expect(await p.rollback({ selection: { kind: 'to', name: '1_a' } })).toMatchObject({ planned: [] });
  expect(await failure(p.rollback({ selection: { kind: 'to', name: '2_b' } }))).toMatchObject({
    kind: 'usage',
  });
  expect(await p.rollback({ selection: { kind: 'all' } })).toMatchObject({ applied: [] });
  expect(await p.rollback({ selection: { kind: 'all' } })).toMatchObject({ planned: [], rolledBack: [] });
});

it('up, down and up again leave the same schema', async () => {
  const p = await project(files);
  const client = await p.db.client();
  const empty = await describeSchema(client);
  await p.migrate();
  const full = await describeSchema(client);
  await p.rollback({ selection: { kind: 'all' } });
  expect(await describeSchema(client)).toBe(empty);
  await p.migrate();
  expect(await describeSchema(client)).toBe(full);
});

it('a dry run changes nothing, and asks nothing', async () => {
  const p = await applied();
  const approve = () => Promise.reject(new Error('asked'));
  expect(await p.rollback({ dryRun: true, selection: { kind: 'all' }, approve })).toMatchObject({
    ...{ dryRun: true, planned: [{}, {}, {}, {}], rolledBack: [] },
    applied: Object.keys(files),
  });
  expect(await p.ledger()).toHaveLength(4);
});

it('asks before the first is undone, with the plan; a refusal changes nothing', async () => {
  const p = await applied();
  const asked: unknown[] = [];
  const approve = async (plan: { planned: unknown }) => {
    asked.push(plan.planned);
    throw new Error('the answer was no');
  };
  await expect(p.rollback({ approve })).rejects.toThrow('the answer was no');
  expect(asked).toEqual([[{ name: '4_d.ts', batch: 3 }]]);
  expect(await p.ledger()).toHaveLength(4);
});

it.each([
  ['2_x.ts', "export const up = (knex) => knex.raw('create table x ()');"],
  ['2_x.sql', '-- migrate:up\ncreate table x ();'],
  ['2_x.sql', '-- migrate:up\ncreate table x ();\n-- migrate:down\n-- to be written\n'],
])('finds that %s has no `down` before anything is undone', async (file, text) => {
  const p = await project({ '1_a.ts': table('a'), [file]: text, '3_c.ts': table('c') });
  await p.migrate();
  for (const dryRun of [true, false]) {
    const error = await failure(p.rollback({ dryRun, selection: { kind: 'all' } }));
    expect(error).toMatchObject({ kind: 'usage', code: 'NO_DOWN' });
    expect(error.message).toContain(file);
  }
  expect(await p.ledger()).toHaveLength(3);
  expect(await p.rollback({ selection: { kind: 'steps', count: 1 } })).toMatchObject({
    rolledBack: [{ name: '3_c.ts' }],
  });
});

it('finds that a file is missing before anything is undone, where it is needed', async () => {
  const p = await applied();
  await p.remove('3_c.ts');
  expect(await failure(p.rollback({ selection: { kind: 'all' } }))).toMatchObject({
    kind: 'gate',
    code: 'MIGRATIONS_MISSING',
  });
  expect(await p.ledger()).toHaveLength(4);
  expect(await p.rollback()).toMatchObject({ rolledBack: [{ name: '4_d.ts' }] });
});

it('a `down` that fails leaves nothing; those before it stay undone', async () => {
  const p = await project({
    ...files,
    '2_b.ts':
      "export const up = () => {};\nexport const down = (knex) => knex.raw('drop table d; drop table nope');",
  });
  await p.migrate();
  const error = await failure(p.rollback());
  expect(error).toMatchObject({ kind: 'step-failed', sql: { sqlstate: '42P01' } });
  expect(error.message).toMatch(/^Cannot roll back 2_b\.ts: .*stays: 4_d\.ts, 3_c\.ts\.$/);
  expect(error.partial).toMatchObject({
    rolledBack: [{ name: '4_d.ts' }, { name: '3_c.ts' }],
    failed: { name: '2_b.ts', left: 'nothing' },
    applied: ['1_a.ts', '2_b.ts'],
  });
  expect(await p.ledger()).toEqual(['1_a.ts', '2_b.ts']);
});

it('a `down` outside a transaction that stopped part way is named, and goes on either way', async () => {
  const p = await project({
    '1_a.sql': '-- migrate:up\ncreate table a ();\ncreate table blocker ();\n-- migrate:down\ndrop table a;',
    '2_i.sql': `-- migrate:up transaction:false
      create table if not exists i (); create table if not exists j ();
      -- migrate:down transaction:false
      drop table if exists i; insert into blocker values (1); drop table if exists j;`,
  });
  await p.migrate();
  expect(await failure(p.rollback({ selection: { kind: 'steps', count: 1 } }))).toMatchObject({
    kind: 'part-way',
  });
  expect(await p.status()).toMatchObject({
    applied: [{ name: '1_a.sql' }],
    partWay: [{ name: '2_i.sql', direction: 'down' }],
  });
  expect((await p.migrate()).applied).toMatchObject([{ name: '2_i.sql' }]);
  expect(await p.ledger()).toEqual(['1_a.sql', '2_i.sql']);
  await failure(p.rollback({ selection: { kind: 'steps', count: 1 } }));
  await p.db.query('alter table blocker add n int');
  expect(await p.rollback({ selection: { kind: 'steps', count: 1 } })).toMatchObject({
    rolledBack: [{ name: '2_i.sql' }],
  });
  expect(await p.status()).toMatchObject({ partWay: [], pending: ['2_i.sql'] });
});

it('undoes what ran as .ts and as .js once, with both rows of the ledger', async () => {
  const p = await project({ '1_a.ts': table('a') });
  await p.migrate();
  await p.db.query("insert into knex_migrations (name, batch, migration_time) values ('1_a.js', 2, now())");
  expect(await p.rollback()).toMatchObject({ rolledBack: [{ name: '1_a.js', batch: 2 }], applied: [] });
  expect(await p.ledger()).toEqual([]);
});

it('files outside a transaction run outside one downwards too', async () => {
  const p = await project({
    '1_t.ts': table('t'),
    '2_i.ts': outside(['create index concurrently t_i on t (id)'], ['drop index concurrently t_i']),
  });
  await p.migrate();
  expect(await p.rollback({ selection: { kind: 'steps', count: 1 } })).toMatchObject({ applied: ['1_t.ts'] });
});
