import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { LintLevel } from '../../../src/migrator/lint/lint.js';
import * as squawk from '../../../src/migrator/lint/squawk.js';
import { failure, outside, type Project, project } from '../fixture.js';

vi.mock('../../../src/migrator/lint/squawk.js', { spy: true });

beforeEach(() => void vi.clearAllMocks());

const up = (...statements: string[]) => `-- migrate:up\n${statements.map((sql) => `${sql};`).join('\n')}`;
const code = (body: string) => `export const up = async (knex) => {\n${body}\n};`;

/** With a table in use. */
async function inUse(files: Readonly<Record<string, string>>): Promise<Project> {
  const p = await project({ '1_base.sql': up('create table orders (id int primary key, note text)') });
  await p.migrate();
  await p.write(files);
  return p;
}

const lint = (level: LintLevel = 'error') => ({ lint: { level } });

/** The indexes of a table. */
async function indexes(p: Project): Promise<string[]> {
  const rows = await p.db.query<{ name: string }>(
    "select indexrelid::regclass::text as name from pg_index where indrelid = 'orders'::regclass order by 1",
  );
  return rows.map(({ name }) => name);
}

const INDEX = 'create index orders_note on orders (note)';

describe('error', () => {
  it('refuses a .sql file before its first statement, with all that is found in it', async () => {
    const p = await inUse({
      '2_a.sql': up('create table a ()'),
      '3_x.sql': up('insert into orders values (1)', INDEX, 'alter table orders rename note to text'),
      '4_b.sql': up('create table b ()'),
    });
    const result = await p.migrate(lint());
    expect(result.applied.map(({ name }) => name)).toEqual(['2_a.sql']);
    expect(result.pending).toEqual(['3_x.sql', '4_b.sql']);
    expect(result.lint).toMatchObject({
      level: 'error',
      refused: { name: '3_x.sql', left: 'nothing' },
      findings: [
        {
          rule: 'index-not-concurrent',
          file: '3_x.sql',
          line: 3,
          statement: INDEX,
          object: 'orders',
          waived: null,
        },
        { rule: 'column-renamed', line: 4 },
      ],
    });
    expect(await p.db.query('select from orders')).toEqual([]);
    expect((await p.status()).partWay).toEqual([]);
  });

  it("refuses a builder's statement before it is sent, and rolls the file back", async () => {
    const p = await inUse({
      '2_x.ts': code(`await knex('orders').insert({ id: 1 });
        await knex.schema.alterTable('orders', (t) => { t.index(['note'], 'orders_note'); });
        await knex('orders').insert({ id: 2 });`),
    });
    const { applied, lint: found } = await p.migrate(lint());
    expect(applied).toEqual([]);
    expect(found.refused).toEqual({ name: '2_x.ts', left: 'nothing' });
    expect(found.findings).toMatchObject([
      { statement: 'create index "orders_note" on "orders" ("note")', line: null, file: '2_x.ts' },
    ]);
    expect(await p.db.query('select from orders')).toEqual([]);
    expect(await indexes(p)).toEqual(['orders_pkey']);
  });

  it.each([
    ['in a transaction', (body: string) => code(body)],
    ['outside of one', (body: string) => `export const config = { transaction: false };\n${code(body)}`],
  ])('code that swallows the refusal is not recorded: %s', async (_, file) => {
    const p = await inUse({ '2_x.ts': file(`await knex.raw('${INDEX}').catch(() => {});`) });
    const { applied, lint: found } = await p.migrate(lint());
    expect([applied, found.refused]).toEqual([[], { name: '2_x.ts', left: 'nothing' }]);
    expect(await indexes(p)).toEqual(['orders_pkey']);
    expect((await p.status()).applied.map(({ name }) => name)).toEqual(['1_base.sql']);
  });

  it('what a file outside a transaction has done by then stays, and it goes on once the finding is waived', async () => {
    const p = await inUse({ '2_x.ts': outside(['create table x ()', INDEX]) });
    expect((await p.migrate(lint())).lint.refused).toEqual({ name: '2_x.ts', left: 'part' });
    expect((await p.status()).partWay).toMatchObject([{ name: '2_x.ts', finished: 1, next: INDEX }]);
    const { applied } = await p.migrate(lint('warn'));
    expect(applied.map(({ name }) => name)).toEqual(['2_x.ts']);
  });

  it('a .sql file outside a transaction is refused before anything is done', async () => {
    const p = await inUse({
      '2_x.sql': `-- migrate:up transaction:false\ncreate table x ();\n${INDEX};`,
    });
    expect((await p.migrate(lint())).lint.refused).toEqual({ name: '2_x.sql', left: 'nothing' });
    expect(await p.status()).toMatchObject({ partWay: [], pending: ['2_x.sql'] });
  });

  it('lets pass what only deserves a warning', async () => {
    const p = await inUse({ '2_x.sql': up('alter table orders drop column note') });
    const result = await p.migrate(lint());
    expect(result.applied).toHaveLength(1);
    expect(result.lint).toMatchObject({
      refused: null,
      findings: [{ rule: 'column-dropped', severity: 'warn' }],
    });
  });

  it('refuses in a dry run and in a single transaction as well', async () => {
    const p = await inUse({ '2_a.sql': up('create table a ()'), '3_x.sql': up(INDEX) });
    for (const options of [{ dryRun: true, singleTransaction: false }, { singleTransaction: true }]) {
      const { applied, rolledBack, lint: found } = await p.migrate({ ...lint(), ...options });
      expect([applied, found.refused]).toEqual([[], { name: '3_x.sql', left: 'nothing' }]);
      expect(rolledBack).toEqual(options.singleTransaction ? ['2_a.sql'] : []);
    }
    expect(await p.ledger()).toEqual(['1_base.sql']);
  });
});

it('warn applies, reports, and tells of what is dangerous as it happens; off looks for nothing', async () => {
  const p = await inUse({ '2_x.sql': up(INDEX, 'alter table orders drop column note') });
  const dry = await p.migrate({ ...lint('warn'), dryRun: true });
  expect(dry.lint.findings.map(({ rule }) => rule)).toEqual(['index-not-concurrent', 'column-dropped']);
  expect(dry.rehearsed[0]?.statements).toHaveLength(2);
  expect(p.events.filter(({ kind }) => kind === 'warning')).toEqual([
    {
      kind: 'warning',
      text: expect.stringMatching(/^2_x\.sql:2: index-not-concurrent: nobody can write to orders/),
    },
  ]);
  const result = await p.migrate(lint('off'));
  expect(result.lint).toEqual({ level: 'off', findings: [], refused: null });
  expect(result.applied).toHaveLength(1);
});

it('tables that the run makes itself are in nobody’s use, whichever file made them', async () => {
  const p = await project({
    '1_a.sql': up('create table a (id int)', 'create index on a (id)', 'alter table a rename to b'),
    '2_b.ts': code(
      `await knex.schema.alterTable('b', (t) => { t.index(['id']); t.renameColumn('id', 'key'); });`,
    ),
    '3_b.sql': up('drop table b', 'create table b ()', 'alter table b rename to c'),
  });
  const { applied, lint: found } = await p.migrate(lint());
  expect([applied.length, found]).toEqual([3, { level: 'error', findings: [], refused: null }]);
  expect(vi.mocked(squawk.askSquawk)).not.toHaveBeenCalled();
});

it('a table in use stays one under another name', async () => {
  const p = await inUse({
    '2_x.sql': up(
      '-- tenantctl:allow table-renamed: nobody uses it yet\nalter table orders rename to sales',
      'create index on sales (note)',
    ),
  });
  expect((await p.migrate(lint())).lint.findings).toMatchObject([
    { rule: 'index-not-concurrent', object: 'sales' },
    { rule: 'table-renamed', waived: 'nobody uses it yet' },
  ]);
});

it('NOT NULL is harmless where a valid CHECK proves it', async () => {
  const p = await inUse({
    '2_check.sql': up('alter table orders add constraint n check (note is not null) not valid'),
    '3_valid.sql': up('alter table orders validate constraint n'),
    '4_x.ts': code(`await knex.raw('alter table orders alter note set not null');`),
  });
  expect((await p.migrate({ ...lint(), to: '2_check' })).lint.findings).toEqual([]);
  expect((await p.migrate({ ...lint(), dryRun: true })).lint.findings).toEqual([]);
  await p.remove('3_valid.sql');
  expect((await p.migrate({ ...lint(), dryRun: true })).lint.refused?.name).toBe('4_x.ts');
});

it('a file that is tried again for a lock is judged as at first', async () => {
  const p = await inUse({
    '2_x.sql': up('alter table orders rename to sales', 'create index on sales (note)'),
  });
  const other = await p.db.client();
  await other.query('begin; select from orders');
  setTimeout(() => void other.query('commit'), 1_300);
  const { applied, lint: found } = await p.migrate(lint('warn'));
  expect(applied).toHaveLength(1);
  expect(found.findings.map(({ rule }) => rule)).toEqual(['table-renamed', 'index-not-concurrent']);
});

describe('waivers', () => {
  const found = async (p: Project) => {
    const { lint: result } = await p.migrate({ ...lint('warn'), dryRun: true });
    return result.findings.map(({ rule, line, waived }) => [rule, line, waived]);
  };

  it('in .sql they hold for the statement that they stand on or above', async () => {
    const p = await inUse({
      '2_x.sql': `-- migrate:up
-- tenantctl:allow index-not-concurrent: twelve rows
create index a on orders (note);
create index b
  on orders (note); -- tenantctl:allow index-not-concurrent: at night
create index c on orders (note);`,
    });
    expect(await found(p)).toEqual([
      ['index-not-concurrent', 6, null],
      ['index-not-concurrent', 3, 'twelve rows'],
      ['index-not-concurrent', 4, 'at night'],
    ]);
  });

  it('in code they hold for the file, and one may name several rules', async () => {
    const p = await inUse({
      '2_x.ts': `// tenantctl:allow index-not-concurrent, column-renamed: twelve rows\n${code(`await knex.raw('${INDEX}');
        await knex.raw('alter table orders rename note to text');`)}`,
    });
    expect(await found(p)).toEqual([
      ['index-not-concurrent', null, 'twelve rows'],
      ['column-renamed', null, 'twelve rows'],
    ]);
    expect((await p.migrate(lint())).applied).toHaveLength(1);
  });

  it('one that covers nothing is reported, unless it is the table that is nobody’s yet', async () => {
    const waiver = '-- tenantctl:allow index-not-concurrent: small';
    const p = await inUse({
      '2_x.sql': up(`${waiver}\ncreate table made (note text)`, 'create index on made (note)'),
    });
    expect(await found(p)).toEqual([['waiver-unused', 2, null]]);
    await p.write({
      '2_x.sql': up('create table made (note text)', `${waiver}\ncreate index on made (note)`),
    });
    expect(await found(p)).toEqual([]);
  });

  it.each([
    ['no reason', '-- tenantctl:allow index-not-concurrent', 'it has no reason'],
    ['an empty one', '-- tenantctl:allow index-not-concurrent:   ', 'it has no reason'],
    ['no such rule', '-- tenantctl:allow index-concurrent: small', 'there is no rule "index-concurrent"'],
    ['none named', '-- tenantctl:allow: small', 'there is no rule ""'],
  ])('with %s they are refused before anything runs', async (_, waiver, cause) => {
    const p = await inUse({ '2_a.sql': up('create table a ()'), '3_x.sql': up(`${waiver}\n${INDEX}`) });
    const error = await failure(p.migrate(lint('warn')));
    expect(error).toMatchObject({ kind: 'usage', code: 'BAD_WAIVER' });
    expect(error.message).toContain(`3_x.sql, line 2: ${cause}.`);
    expect(await p.ledger()).toEqual(['1_base.sql']);
  });

  it('are no edit of a file that is applied', async () => {
    const p = await inUse({});
    await p.write({
      '1_base.sql': up('create table orders (id int primary key, note text)').replace(
        'create',
        '-- tenantctl:allow table-without-rls: no tenants here\ncreate',
      ),
    });
    expect((await p.status()).changed).toEqual([]);
  });

  it('text that looks like one is none', async () => {
    const p = await inUse({
      '2_x.sql': up(
        'create function f() returns int language sql as $$ select 1\n-- tenantctl:allow nothing\n$$',
      ),
    });
    expect(await found(p)).toEqual([]);
  });
});

describe('where squawk is not to be had', () => {
  it.each([
    [
      'for this platform',
      () => vi.mocked(squawk.findSquawk).mockReturnValueOnce({ missing: 'no squawk for "sunos"' }),
    ],
    [
      'because it does not answer',
      () => vi.mocked(squawk.findSquawk).mockReturnValueOnce({ binary: '/bin/false' }),
    ],
  ])('%s, that is said, and the run goes on', async (_, arrange) => {
    arrange();
    const p = await inUse({ '2_x.sql': up(INDEX), '3_y.sql': up('alter table orders drop column note') });
    const { applied, lint: found } = await p.migrate(lint());
    expect([applied.length, found.findings]).toEqual([2, []]);
    expect(p.events.filter(({ kind }) => kind === 'warning')).toEqual([
      { kind: 'warning', text: expect.stringMatching(/^Not judged whether statements are safe: /) },
    ]);
  });
});
