import { describe, expect, it } from 'vitest';
import { migrate } from '../../src/migrator/migrate.js';
import { databaseAt } from '../support/connect.js';
import { createLogin } from '../support/database.js';
import { failure, outside, project, table } from './fixture.js';

const raw = (sql: string) => `export const up = (knex) => knex.raw(${JSON.stringify(sql)});`;

describe('a file that fails in its transaction', () => {
  it.each([
    [
      '2_x.ts',
      `export async function up(knex) {
  await knex.raw('create table x ()');
  await knex.raw('select nope');
}`,
    ],
    ['2_x.sql', '-- migrate:up\ncreate table x ();\nselect nope;'],
    [
      '2_x.ts',
      `export async function up(knex) { await knex.raw('create table x ()'); throw new Error('stop here'); }`,
    ],
  ])('%s leaves nothing; the earlier file stays, the later is not begun', async (file, text) => {
    const p = await project({ '1_a.ts': table('a'), [file]: text, '3_c.ts': table('c') });
    const error = await failure(p.migrate());
    expect(error).toMatchObject({ kind: 'step-failed', code: 'STEP_FAILED' });
    expect(error.message).toMatch(/^Cannot apply 2_x\..* It left nothing behind\. .* stays: 1_a\.ts\.$/);
    expect(error.partial).toMatchObject({
      applied: [{ name: '1_a.ts', batch: 1 }],
      failed: { name: file, left: 'nothing' },
      pending: [file, '3_c.ts'],
    });
    expect(await p.ledger()).toEqual(['1_a.ts']);
    expect(await p.db.query("select to_regclass('x') as x, to_regclass('c') as c")).toEqual([
      { x: null, c: null },
    ]);
    expect(await p.db.query('select name, state from tenantctl.migration_log')).toEqual([
      { name: '1_a', state: 'applied' },
    ]);
  });

  it('is shown with statement, position and line, without the values bound to it', async () => {
    const p = await project({
      '1_x.sql': '-- migrate:up\nselect 1;\n\nselect 1,\n  nope;',
    });
    expect((await failure(p.migrate())).sql).toEqual({
      ...{ sqlstate: '42703', message: 'column "nope" does not exist' },
      ...{ file: `${p.directory}/1_x.sql:4`, statement: 'select 1,\n  nope', position: 13 },
    });
    await p.remove('1_x.sql');
    await p.write({
      '1_x.ts': `export const up = (knex) => knex('t').insert({ password: 'hunter2hunter2' });`,
    });
    const error = await failure(p.migrate());
    expect(error.sql).toMatchObject({
      statement: 'insert into "t" ("password") values ($1)',
      position: 13,
    });
    expect(JSON.stringify([error.message, error.sql, error.partial])).not.toContain('hunter2');
  });

  it('fails where COMMIT does: a deferred constraint', async () => {
    const p = await project({
      '1_x.sql': `-- migrate:up
        create table t (id int primary key, parent int references t deferrable initially deferred);
        insert into t values (1, 2);`,
      '2_y.ts': table('y'),
    });
    const error = await failure(p.migrate());
    expect(error).toMatchObject({ kind: 'step-failed', sql: { sqlstate: '23503' } });
    expect(error.message).toContain('Cannot apply 1_x.sql');
    expect(error.partial).toMatchObject({ applied: [], pending: ['1_x.sql', '2_y.ts'] });
    expect(await p.ledger()).toEqual([]);
    expect(await p.db.query("select to_regclass('t') as t, to_regclass('y') as y")).toEqual([
      { t: null, y: null },
    ]);
  });

  it('names the line of an error of JavaScript', async () => {
    const p = await project({
      '1_x.ts': `const nothing: any = undefined;\n\nexport async function up() {\n  nothing.at();\n}\n`,
    });
    const error = await failure(p.migrate());
    expect(error.message).toContain(`(at ${p.directory}/1_x.ts:4)`);
  });

  it('has left something where it ended its own transaction, and says so', async () => {
    const p = await project({ '1_x.ts': raw('create table kept (); commit; select 1/0') });
    const error = await failure(p.migrate());
    expect(error).toMatchObject({ kind: 'part-way', partial: { failed: { left: 'part' } } });
    expect((await p.status()).partWay).toMatchObject([{ name: '1_x.ts', batch: 1, direction: 'up' }]);
  });

  it('has left something also where it ended its own transaction in a role that may not say so', async () => {
    const p = await project({});
    const { role } = await createLogin(p.db, 'somebody');
    await p.write({
      '1_x.ts': `export async function up(knex) {
  await knex.raw('create table kept as select 1 as one');
  await knex.raw('set role "${role}"');
  await knex.raw('COMMIT');
  const { rows } = await knex.raw('select current_user as role');
  throw new Error(\`as \${rows[0].role}\`);
}`,
    });
    const error = await failure(p.migrate());
    expect(error).toMatchObject({ kind: 'part-way', partial: { failed: { left: 'part' } } });
    expect(error.message).toContain(`as ${role}`);
    expect(await p.db.query('select one from kept')).toEqual([{ one: 1 }]);
    expect((await p.status()).partWay).toMatchObject([{ name: '1_x.ts', batch: 1, direction: 'up' }]);
  });

  it('has left something where it rolled back by itself, and went on without a transaction', async () => {
    const rolledBack = (then: string) => `export async function up(knex) {
  await knex.raw('create table gone ()');
  await knex.raw('rollback');
  await knex.raw('create table kept ()');
  ${then}
}`;
    const p = await project({ '1_x.js': rolledBack("throw new Error('no')") });
    const error = await failure(p.migrate());
    expect(error).toMatchObject({ kind: 'part-way', partial: { failed: { left: 'part' } } });
    expect((await p.status()).partWay).toMatchObject([{ name: '1_x.js', batch: 1, direction: 'up' }]);
    await p.db.query('drop table kept');
    await p.remove('1_x.js');
    await p.write({ '1_x.ts': rolledBack('') });
    expect((await p.migrate()).applied).toHaveLength(1);
    expect(await p.status()).toMatchObject({ partWay: [], pending: [] });
  });

  it('has left nothing where it only speaks of an end', async () => {
    const p = await project({
      '1_x.ts': `export async function up(knex) {
  await knex.raw("create table x as select 'commit' as what");
  await knex.transaction((inner) => inner.raw('create table y ()'));
  await knex.raw('select nope');
}`,
    });
    expect(await failure(p.migrate())).toMatchObject({ partial: { failed: { left: 'nothing' } } });
    expect((await p.status()).partWay).toEqual([]);
  });

  it('tells how CREATE INDEX CONCURRENTLY is done', async () => {
    const p = await project({ '1_t.ts': table('t'), '2_x.ts': raw('create index concurrently on t (id)') });
    expect(await failure(p.migrate())).toMatchObject({
      kind: 'step-failed',
      hint: expect.stringContaining('transaction: false'),
    });
  });
});

describe('a file that fails outside a transaction', () => {
  const broken = outside(['create table half ()', 'select nope']);

  it('has stopped part way: status names the statement, and migrate goes on with it', async () => {
    const p = await project({ '1_a.ts': table('a'), '2_x.ts': broken, '3_c.ts': table('c') });
    const error = await failure(p.migrate());
    expect(error).toMatchObject({ kind: 'part-way', code: 'PART_WAY', sql: { sqlstate: '42703' } });
    expect(error.partial).toMatchObject({
      applied: [{ name: '1_a.ts' }],
      failed: { name: '2_x.ts', left: 'part' },
    });
    expect(await p.status()).toMatchObject({
      applied: [{ name: '1_a.ts' }],
      partWay: [{ name: '2_x.ts', batch: 1, direction: 'up', finished: 1, next: 'select nope' }],
      pending: ['3_c.ts'],
    });
    // Under another extension: a process evaluates a path once.
    await p.remove('2_x.ts');
    await p.write({ '2_x.js': outside(['create table half ()', 'select 1']) });
    p.events.length = 0;
    const { applied } = await p.migrate();
    expect(applied.map(({ name }) => name)).toEqual(['2_x.js', '3_c.ts']);
    expect(p.events).toContainEqual({
      kind: 'warning',
      text: '2_x.js was begun before (up) and stopped part way: it goes on; statements that are finished: 1',
    });
    expect(await p.status()).toMatchObject({ partWay: [], pending: [] });
  });

  it('can be rolled back, with what stands of it', async () => {
    const p = await project({
      '1_a.ts': table('a'),
      '2_x.ts': outside(['create table half ()', 'select nope'], ['drop table if exists half']),
    });
    await failure(p.migrate());
    expect(await p.rollback({ selection: { kind: 'steps', count: 1 } })).toMatchObject({
      rolledBack: [{ name: '2_x.ts' }],
      applied: ['1_a.ts'],
    });
    expect(await p.status()).toMatchObject({ partWay: [], pending: ['2_x.ts'] });
    expect(await p.db.query("select to_regclass('half') as half")).toEqual([{ half: null }]);
  });

  it('is refused where its file is gone', async () => {
    const p = await project({ '1_x.ts': broken });
    await failure(p.migrate());
    await p.remove('1_x.ts');
    expect(await failure(p.migrate())).toMatchObject({ kind: 'gate', code: 'MIGRATIONS_MISSING' });
  });
});

describe('what is no fault of the file', () => {
  it('a lock that is not free in time is tried again, then worth a retry; who has it is named', async () => {
    const p = await project({ '1_t.ts': table('t') });
    await p.migrate();
    await p.write({
      '2_x.ts': "export const up = (knex) => knex.schema.alterTable('t', (t) => { t.integer('a'); });",
    });
    const other = await p.db.client();
    await other.query("set application_name = 'report'; begin; select from t");
    const started = Date.now();
    const error = await failure(p.migrate({ lockAttempts: 3 }));
    expect(Date.now() - started).toBeGreaterThan(3_000);
    expect(error).toMatchObject({
      ...{ kind: 'retry', sql: { sqlstate: '55P03' }, partial: { failed: { left: 'nothing' } } },
      hint: expect.stringMatching(/^tenantctl migrate once more, when pid \d+ \(report from .* is done$/),
    });
    expect(p.events).toContainEqual({
      kind: 'info',
      text: expect.stringMatching(
        /^2_x\.ts: a lock was not to be had \(pid \d+ \(report .*; attempt 3 of 3 follows\.$/,
      ),
    });
    await other.query('rollback');
    expect((await p.migrate()).applied).toHaveLength(1);
  });

  it('a lock that becomes free meanwhile was never in the way; readers got through between the attempts', async () => {
    const p = await project({ '1_t.ts': table('t') });
    await p.migrate();
    await p.write({ '2_x.sql': '-- migrate:up\ncreate table x ();\nalter table t add a int;' });
    const other = await p.db.client();
    await other.query('begin; select from t');
    const applied = p.migrate();
    setTimeout(() => void other.query('commit'), 3_500);
    const reader = await p.db.client();
    let longest = 0;
    for (let read = 0; read < 10; read += 1) {
      const since = Date.now();
      await reader.query('select from t');
      longest = Math.max(longest, Date.now() - since);
    }
    expect((await applied).applied).toMatchObject([{ name: '2_x.sql' }]);
    expect(longest).toBeLessThan(2_500);
  });

  it('a lock that only the end of a file needs is tried for again before the next file runs', async () => {
    const p = await project({
      '1_x.sql': `-- migrate:up
        create table x as select;
        create function at_end() returns trigger language plpgsql as $$ begin lock table busy; return null; end $$;
        create constraint trigger at_end after insert on x deferrable initially deferred
          for each row execute function at_end();
        insert into x default values;`,
      '2_y.sql': '-- migrate:up\ncreate table y as select count(*) from x;',
    });
    await p.db.query('create table busy ()');
    const other = await p.db.client();
    await other.query('begin; lock table busy');
    const applied = p.migrate();
    setTimeout(() => void other.query('commit'), 2_000);
    expect((await applied).applied).toMatchObject([{ name: '1_x.sql' }, { name: '2_y.sql' }]);
    expect(await p.ledger()).toEqual(['1_x.sql', '2_y.sql']);
  });

  it('a deadlock is tried again, too', async () => {
    const p = await project({ '1_t.ts': table('t'), '2_u.ts': table('u') });
    await p.migrate();
    const order = [
      'lock table t',
      'set local lock_timeout = 0',
      "set local deadlock_timeout = '50ms'",
      'select pg_sleep(1)',
      'lock table u',
    ];
    await p.write({ '3_x.sql': `-- migrate:up\n${order.join(';\n')};` });
    const other = await p.db.client();
    const applied = p.migrate();
    await other.query("begin; set local deadlock_timeout = '10s'; lock table u; select pg_sleep(0.7)");
    await other.query('lock table t').then(() => other.query('commit'));
    expect((await applied).applied).toHaveLength(1);
  });

  it('a lost connection is told as one, and what was committed is there', async () => {
    const p = await project({
      '1_a.ts': table('a'),
      '2_x.ts': raw('select pg_terminate_backend(pg_backend_pid())'),
    });
    const error = await failure(p.migrate());
    expect(error).toMatchObject({ kind: 'unreachable', partial: { failed: { left: 'unknown' } } });
    expect(await p.ledger()).toEqual(['1_a.ts']);
  });

  it('a session that the server ended while nothing was asked of it: by what', async () => {
    const slow = (ms: number) => `export async function up(knex) {
      await knex.raw("set local idle_in_transaction_session_timeout = '200ms'");
      await new Promise((done) => { setTimeout(done, ${ms}); });
      await knex.raw('create table b ()');
    }`;
    const p = await project({ '1_b.js': slow(800) });
    const error = await failure(p.migrate());
    expect(error).toMatchObject({ kind: 'retry', sql: { sqlstate: '25P03' } });
    expect(error.hint).toContain('SET LOCAL idle_in_transaction_session_timeout');
    await p.remove('1_b.js');
    await p.write({ '2_b.js': slow(0) });
    expect((await p.migrate()).applied).toHaveLength(1);
  });

  it('a missing privilege is told as one', async () => {
    const p = await project({ '1_t.ts': table('t') });
    await p.migrate();
    const login = await createLogin(p.db, 'limited');
    await p.db.query(
      `grant create on schema public to "${login.role}"; grant create on database "${p.db.name}" to "${login.role}"`,
    );
    await p.remove('1_t.ts');
    await p.write({ '1_t.sql': '-- migrate:up\nalter table t add a int' });
    const options = {
      migrations: { directories: [p.directory], tableName: 'other_migrations', schemaName: undefined },
      ...{ lockWaitMs: 1_000, onEvent: () => {} },
    };
    await p.db.query(`drop schema tenantctl cascade`);
    const error = await failure(migrate(await databaseAt(login.url), options));
    expect(error).toMatchObject({ kind: 'privilege', sql: { sqlstate: '42501' } });
    expect(error.message).toContain('must be owner of table t');
  });
});

describe('an abort', () => {
  it('cancels the running statement, rolls its file back, and lets go of the lock', async () => {
    const p = await project({
      '1_a.ts': table('a'),
      '2_x.ts': raw('create table x (); select pg_sleep(60)'),
    });
    const controller = new AbortController();
    const started = Date.now();
    setTimeout(() => controller.abort(), 500);
    const error = await failure(p.migrate({ signal: controller.signal }));
    expect(Date.now() - started).toBeLessThan(5_000);
    expect(error).toMatchObject({
      ...{
        kind: 'interrupted',
        partial: { applied: [{ name: '1_a.ts' }], failed: { name: '2_x.ts', left: 'nothing' } },
      },
    });
    expect(await p.ledger()).toEqual(['1_a.ts']);
    await p.remove('2_x.ts');
    await p.write({ '2_x.sql': '-- migrate:up\ncreate table x ()' });
    expect((await p.migrate({ lockWaitMs: 0 })).applied).toMatchObject([{ name: '2_x.sql', batch: 2 }]);
  });

  it('between two files begins no further one', async () => {
    const controller = new AbortController();
    const p = await project({ '1_a.ts': table('a'), '2_b.ts': outside(['create table b ()']) });
    const onEvent = (event: { kind: string; task?: string }) => {
      if (event.task === '2_b.ts') controller.abort();
    };
    const error = await failure(p.migrate({ signal: controller.signal, onEvent }));
    expect(error).toMatchObject({
      kind: 'interrupted',
      partial: { failed: { name: '2_b.ts', left: 'nothing' } },
    });
    expect(await p.status()).toMatchObject({
      applied: [{ name: '1_a.ts' }],
      pending: ['2_b.ts'],
      partWay: [],
    });
  });
});
