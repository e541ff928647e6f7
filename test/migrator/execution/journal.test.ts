import { describe, expect, it } from 'vitest';
import { failure, outside, type Project, project, table } from '../fixture.js';

const PROCEED = 'insert into steps values (1)';
const VALID = 'select indisvalid from pg_index where indexrelid = to_regclass($1)';

/** How often each step of a migration was taken. */
async function steps(p: Project): Promise<number[]> {
  const rows = await p.db.query<{ n: number }>('select n from steps order by n');
  return rows.map(({ n }) => n);
}

/** Ends the session of a run as soon as a statement of it runs; the run fails. */
async function kill(p: Project, fragment: string) {
  const done = failure(p.migrate());
  const RUNS = `select pid from pg_stat_activity where datname = current_database() and state = 'active'
    and strpos(query, $1) > 0 and pid <> pg_backend_pid()`;
  await expect.poll(() => p.db.query(RUNS, [fragment]), { timeout: 10_000 }).toHaveLength(1);
  await p.db.query(`select pg_terminate_backend(pid) from (${RUNS}) as run`, [fragment]);
  return done;
}

const sql = (...statements: string[]) => `-- migrate:up transaction:false\n${statements.join(';\n')};\n`;

describe('after a crash', () => {
  it.each([
    ['.sql', '2_x.sql', sql],
    ['knex', '2_x.ts', (...statements: string[]) => outside(statements)],
  ])('%s: status says which statement is next, and migrate sends none twice', async (_, file, write) => {
    const p = await project({ '1_s.sql': '-- migrate:up\ncreate table steps (n int)' });
    const begin = ['insert into steps values (1)', 'vacuum steps', 'insert into steps values (2)'];
    const end = ['insert into steps values (4)'];
    await p.write({ [file]: write(...begin, 'select pg_sleep(30)', ...end) });
    expect(await kill(p, 'pg_sleep')).toMatchObject({ kind: 'unreachable' });
    const { partWay } = await p.status();
    expect(partWay).toMatchObject([
      { name: file, finished: 3, next: expect.stringContaining('pg_sleep(30)') },
    ]);
    await p.remove(file);
    await p.write({ [file.replace('.ts', '.js')]: write(...begin, 'select pg_sleep(0)', ...end) });
    expect((await p.migrate()).applied).toHaveLength(1);
    expect(await steps(p)).toEqual([1, 2, 4]);
    expect(await p.status()).toMatchObject({ partWay: [], pending: [] });
  });

  it.each(['do $$ begin insert into steps values (1); end $$', 'select 1; insert into steps values (1)'])(
    'nothing is there without its record, so that it could be done twice: %s',
    async (statement) => {
      const p = await project({ '1_s.sql': '-- migrate:up\ncreate table steps (n int)' });
      await p.migrate();
      await p.db.query(`create function refuse() returns trigger language plpgsql as $$ begin raise 'no record'; end $$;
      create trigger refuse before update on tenantctl.migration_log
        for each row when (old.finished <> new.finished) execute function refuse()`);
      await p.write({ '2_x.js': outside([statement]) });
      expect((await failure(p.migrate())).message).toContain('no record');
      expect(await steps(p)).toEqual([]);
    },
  );

  it('what the file had set for its session is set again', async () => {
    const write = (last: string) =>
      sql(
        'create schema other',
        'set search_path = other',
        "select set_config('app.x', 'kept', false)",
        last,
      );
    const p = await project({ '1_x.sql': write('select pg_sleep(30)') });
    await kill(p, 'pg_sleep');
    await p.write({ '1_x.sql': write("create table t as select current_setting('app.x') as x") });
    await p.migrate();
    expect(await p.db.query('select x from other.t')).toEqual([{ x: 'kept' }]);
  });

  it('undoes on from where it stopped, too', async () => {
    const up = ['create table a ()', 'create table b ()'];
    const p = await project({ '1_x.ts': outside(up, ['drop table b', 'select nope', 'drop table a']) });
    await p.migrate();
    await failure(p.rollback());
    expect((await p.status()).partWay).toMatchObject([
      { direction: 'down', finished: 1, next: 'select nope' },
    ]);
    await p.remove('1_x.ts');
    await p.write({ '1_x.js': outside(up, ['drop table b', 'select 1', 'drop table a']) });
    await p.rollback();
    expect(await p.status()).toMatchObject({ partWay: [], pending: ['1_x.js'] });
  });

  it('a concurrent build that was done when the client died is not done again; one that was not, is', async () => {
    const build = 'create index concurrently t_i on t (id)';
    for (const done of [true, false]) {
      const p = await project({
        '1_t.ts': table('t'),
        '2_i.ts': outside(['create table x ()', build, 'select nope']),
      });
      await failure(p.migrate());
      // As a crash leaves it, after the server has finished the statement and before it has said so, or before that.
      await p.db.query(
        `update tenantctl.migration_log set finished = finished[1:1], begun = $1, in_flight = true
        where name = '2_i'`,
        [build],
      );
      if (!done) await p.db.query('drop index t_i');
      await p.remove('2_i.ts');
      await p.write({ '2_i.js': outside(['create table x ()', build, 'select 2']) });
      expect((await p.migrate()).applied).toHaveLength(1);
      expect(await p.db.query(VALID, ['t_i'])).toEqual([{ indisvalid: true }]);
    }
  });

  it('an index of that name that was there before is not taken for the one that failed to be built', async () => {
    const build = outside(['create index concurrently t_i on t (id)']);
    const p = await project({
      '1_t.sql': '-- migrate:up\ncreate table t (id int, n int); create index t_i on t (n)',
      '2_i.ts': build,
    });
    expect(await failure(p.migrate())).toMatchObject({ sql: { sqlstate: '42P07' } });
    expect(await failure(p.migrate())).toMatchObject({ sql: { sqlstate: '42P07' } });
  });
});

it.each([
  ['reindex index concurrently t_i'],
  ['reindex table concurrently t'],
  ['reindex schema concurrently public'],
])('%s, interrupted: the copies that it left go, and it is done again', async (reindex) => {
  const p = await project({
    '1_t.sql': `-- migrate:up
create table pace as select 0 as seconds;
create function slowly(int) returns int immutable language plpgsql
  as $$ begin perform pg_sleep((select seconds from public.pace)); return $1; end $$;
create table t as select 1 as id;
create index t_i on t (slowly(id));
`,
  });
  await p.migrate();
  await p.db.query('update pace set seconds = 60');
  await p.write({ '2_x.sql': sql(reindex, 'create table done ()') });
  await kill(p, 'reindex');
  // The original of an index, as it is left where the interruption comes after the two have changed names.
  await p.db.query(`create index t_i_ccold1 on t (id);
    update pg_index set indisvalid = false where indexrelid = 't_i_ccold1'::regclass; update pace set seconds = 0`);
  const indexes = `select indexrelid::regclass::text as name, indisvalid from pg_index where indrelid = 't'::regclass order by 1`;
  expect(await p.db.query(indexes)).toEqual([
    { name: 't_i', indisvalid: true },
    { name: 't_i_ccnew', indisvalid: false },
    { name: 't_i_ccold1', indisvalid: false },
  ]);
  await p.migrate();
  expect(await p.db.query(indexes)).toEqual([{ name: 't_i', indisvalid: true }]);
  expect(p.events).toContainEqual({
    kind: 'info',
    text: 'Dropped the invalid index "public"."t_i_ccnew", which a failed build left.',
  });
});

describe('what cannot be gone on with', () => {
  const begun = async (...statements: string[]) => {
    const p = await project({ '1_s.sql': '-- migrate:up\ncreate table steps (n int)' });
    await p.migrate();
    await p.write({ '2_x.ts': outside([...statements, 'select nope']) });
    await failure(p.migrate());
    await p.remove('2_x.ts');
    return p;
  };

  it('a beginning that was edited; once it is declared undone, it runs from its start', async () => {
    const p = await begun(PROCEED);
    const edited = outside(['insert into steps values (7)']);
    await p.write({ '2_x.js': edited });
    const error = await failure(p.migrate());
    expect(error).toMatchObject({ kind: 'part-way', code: 'PART_WAY' });
    expect(error.message).toContain('its statement 1, finished by an earlier run, is another one now');
    expect(error.message).toContain('tenantctl migrate repair --pending 2_x');
    expect(await steps(p)).toEqual([1]);
    await p.repair('pending', '2_x');
    await p.migrate();
    expect(await steps(p)).toEqual([1, 7]);
  });

  it('rows that a writing statement returned, which code may have looked at', async () => {
    for (const writing of ['insert into steps values (1) returning n', "select nextval('s')"]) {
      const p = await begun('create sequence if not exists s', writing);
      await p.write({ '2_x.js': outside(['create sequence if not exists s', writing, 'select 1']) });
      const error = await failure(p.migrate());
      expect(error.message).toContain(
        'its statement 2, finished by an earlier run, returned rows that cannot be had again',
      );
    }
  });

  it('the same statement with other values', async () => {
    const write = (last: string) => `export const config = { transaction: false };
      export async function up(knex) {
        await knex.schema.hasTable('steps');
        await knex('steps').insert({ n: Math.floor(Math.random() * 1e9) });
        await knex.raw('${last}');
      }`;
    const p = await project({
      '1_s.sql': '-- migrate:up\ncreate table steps (n int)',
      '2_x.ts': write('select pg_sleep(30)'),
    });
    await kill(p, 'pg_sleep');
    const error = await failure(p.migrate());
    expect(error.message).toContain('its statement 1, finished by an earlier run, is another one now');
    expect(await steps(p)).toHaveLength(1);
  });

  it('but code that looks before it acts may leave out what it sees is done', async () => {
    const p = await project({
      '1_s.sql': '-- migrate:up\ncreate table steps (n int)',
      '2_x.ts': `export const config = { transaction: false };
        export async function up(knex) {
          for (const n of [1, 2, 3, 4]) {
            const found = await knex('steps').where({ n });
            if (found.length === 0 || n === 2) await knex.raw(\`insert into steps values (\${n})\`);
            const { rows } = await knex.raw("select count(*)::int as n from pg_class where relname = 'go'");
            if (n === 3 && rows[0].n === 0) await knex.raw('select pg_sleep(30)');
          }
        }`,
    });
    await kill(p, 'pg_sleep');
    await p.db.query('create table go ()');
    expect((await p.migrate()).applied).toHaveLength(1);
    expect(await steps(p)).toEqual([1, 2, 3, 4]);
  });

  it('but a query that only reads is asked again', async () => {
    const reading = `export const config = { transaction: false };
      export async function up(knex) {
        await knex.raw('insert into steps values (1)');
        if (await knex.schema.hasTable('steps')) await knex.raw('insert into steps values (2)');
        await knex.raw('NEXT');
      }`;
    const p = await project({ '1_s.sql': '-- migrate:up\ncreate table steps (n int)' });
    await p.write({ '2_x.ts': reading.replace('NEXT', 'select nope') });
    await failure(p.migrate());
    await p.remove('2_x.ts');
    await p.write({ '2_x.js': reading.replace('NEXT', 'insert into steps values (3)') });
    expect((await p.migrate()).applied).toHaveLength(1);
    expect(await steps(p)).toEqual([1, 2, 3]);
  });
});

describe('an invalid index', () => {
  it.each(['', 'if not exists '])(
    'that a failed build left is dropped and built again (%s)',
    async (guard) => {
      const build = `create unique index concurrently ${guard}t_i on t (n)`;
      const p = await project({
        '1_t.sql': '-- migrate:up\ncreate table t (n int); insert into t values (1), (1)',
        '2_i.sql': sql(build),
      });
      expect(await failure(p.migrate())).toMatchObject({ kind: 'part-way', sql: { sqlstate: '23505' } });
      expect(await p.db.query(VALID, ['t_i'])).toEqual([{ indisvalid: false }]);
      await p.db.query('update t set n = 2 where ctid = (select min(ctid) from t)');
      expect((await p.migrate()).applied).toHaveLength(1);
      expect(await p.db.query(VALID, ['t_i'])).toEqual([{ indisvalid: true }]);
      const text = 'Dropped the invalid index "public"."t_i", which a failed build left.';
      expect(p.events).toContainEqual({ kind: 'info', text });
    },
  );
});

describe('locks, outside a transaction', () => {
  it('a concurrent build waits as long as it takes; what the file has set holds again after it', async () => {
    const p = await project({ '1_t.ts': table('t') });
    await p.migrate();
    const other = await p.db.client();
    await other.query('begin; insert into t default values');
    await p.write({
      '2_i.sql': sql(
        "set lock_timeout = '700ms'",
        'create index concurrently t_i on t (id)',
        "create table kept as select current_setting('lock_timeout') as lock_timeout",
      ),
    });
    setTimeout(() => void other.query('commit'), 2_500);
    expect((await p.migrate()).applied).toHaveLength(1);
    expect(await p.db.query('select lock_timeout from kept')).toEqual([{ lock_timeout: '700ms' }]);
  });

  it('another statement is tried again by itself', async () => {
    const p = await project({ '1_s.sql': '-- migrate:up\ncreate table steps (n int)' });
    await p.migrate();
    const other = await p.db.client();
    await other.query('begin; lock table steps in share mode');
    await p.write({ '2_x.sql': sql('create table x ()', PROCEED) });
    setTimeout(() => void other.query('commit'), 2_500);
    expect((await p.migrate()).applied).toHaveLength(1);
    expect(p.events).toContainEqual({
      kind: 'info',
      text: expect.stringContaining(`2_x, "${PROCEED}": a lock`),
    });
    expect(await steps(p)).toEqual([1]);
  });
});

it('keeps its record as itself, whatever role the file has taken, and gives that role back', async () => {
  const p = await project({
    '1_x.sql': sql(
      'set role pg_monitor',
      'create temporary table seen as select current_user::text as role',
      'reset role',
      'create table kept as select role from seen',
    ),
  });
  await p.migrate();
  expect(await p.db.query('select role from kept')).toEqual([{ role: 'pg_monitor' }]);
});

it('goes on after a transaction of the file itself: what it committed is not done again, what it did not is', async () => {
  const write = (last: string) =>
    sql(
      'create table steps (n int)',
      'begin',
      PROCEED,
      'commit',
      'begin',
      'insert into steps values (2)',
      last,
      'commit',
    );
  const p = await project({ '1_x.sql': write('select nope') });
  await failure(p.migrate());
  expect(await steps(p)).toEqual([1]);
  await p.write({ '1_x.sql': write('insert into steps values (3)') });
  await p.migrate();
  expect(await steps(p)).toEqual([1, 2, 3]);
});

it("goes on after a transaction of the file's code that failed and was rolled back", async () => {
  const write = (last: string) => `export const config = { transaction: false };
export async function up(knex) {
  await knex.raw('create table steps (n int)');
  await knex.transaction(async (trx) => {
    await trx('steps').insert({ n: 1 });
    await trx.raw(${JSON.stringify(last)});
  });
  await knex('steps').insert({ n: 3 });
}
export async function down() {}
`;
  const p = await project({ '1_x.mjs': write('select nope') });
  await failure(p.migrate());
  expect((await p.status()).partWay).toMatchObject([{ finished: 1, next: 'BEGIN;' }]);
  await p.remove('1_x.mjs');
  await p.write({ '1_x.js': write('insert into steps values (2)') });
  await p.migrate();
  expect(await steps(p)).toEqual([1, 2, 3]);
});
