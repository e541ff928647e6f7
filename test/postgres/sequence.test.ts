import pg from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { loadSequence, type SequenceResult } from '../../src/postgres/sequence.js';
import { createTestDatabase } from '../support/database.js';

/** Sends sequences, which need not wait for one another where the connection is pipelined. */
async function connect(pipeline = true) {
  const db = await createTestDatabase();
  onTestFinished(() => db.drop());
  const client = new pg.Client({ connectionString: db.url, pipeline });
  client.on('error', () => undefined);
  await client.connect();
  onTestFinished(() => client.end());
  const run = await loadSequence();
  const say = (...texts: string[]) =>
    run(
      client,
      texts.map((text) => ({ text })),
    );
  return { client, run, say };
}

function rowsOf({ answers }: SequenceResult) {
  return answers.map(({ rows }) => rows);
}

it('answers each statement: its rows as text, and how many it returned or changed', async () => {
  const { run, client, say } = await connect();
  const big = `'; -- ${'ß'.repeat(40_000)}`;
  const { answers, error } = await run(client, [
    { text: 'create temp table t (a bigint, b text)' },
    { text: 'insert into t values ($1, $2), ($3, $4)', values: ['9007199254740993', null, '-1', big] },
    { text: 'select a, b from t order by a desc' },
    { text: 'update t set a = 0 where a < 0' },
    { text: '' },
    { text: 'select from t' },
  ]);
  expect(error).toBeUndefined();
  expect(answers.map(({ count }) => count)).toEqual([0, 2, 2, 1, 0, 2]);
  expect(answers[2]?.rows).toEqual([
    ['9007199254740993', null],
    ['-1', big],
  ]);
  expect(rowsOf(await say('select 1', 'select 2'))).toEqual([[['1']], [['2']]]);
});

it.each([true, false])(
  'runs nothing after the first that fails, and goes on with the next (pipelined: %s)',
  async (pipeline) => {
    const { say } = await connect(pipeline);
    const [first, second, third] = await Promise.all([
      say(
        'create temp table t (a int)',
        'insert into t values (1)',
        'select 1 / 0',
        'insert into t values (2)',
      ),
      say('rollback to savepoint nowhere'),
      say("select 'there'"),
    ]);
    // All of them are one implicit transaction.
    expect(first.answers.map(({ count }) => count)).toEqual([0, 1]);
    expect(first.error).toMatchObject({ code: '22012' });
    expect(second).toMatchObject({ answers: [], error: { code: '25P01' } });
    expect(third).toEqual({ answers: [{ rows: [['there']], count: 1 }] });
    expect(await say('select from t')).toMatchObject({ error: { code: '42P01' } });
  },
);

it('prepares a named statement once, and keeps its plan', async () => {
  const { run, client, say } = await connect();
  await say(`create function pg_temp.secret() returns text immutable language sql
    as $$ select current_setting('test.secret') $$`);
  const become = (value: string) => ({ text: `set test.secret = '${value}'` });
  const ask = { name: 'ask', text: 'select pg_temp.secret()' };
  const { answers } = await run(client, [become('a'), ask, become('b'), ask]);
  expect(answers.map(({ rows }) => rows)).toEqual([[], [['a']], [], [['a']]]);
});

it('prepares anew what did not come to be prepared', async () => {
  const { run, client } = await connect();
  const ask = { name: 'ask', text: 'select $1::text', values: ['there'] };
  const wrong = { text: 'select 1 / 0' };
  const many = Array.from({ length: 6 }, (_, index) =>
    run(client, index % 2 === 0 ? [wrong, ask] : [ask, ask]),
  );
  const there = [[['there']], [['there']]];
  expect((await Promise.all(many)).map(rowsOf)).toEqual([[], there, [], there, [], there]);
  const results = await Promise.all([
    run(client, [ask, wrong]),
    run(client, [wrong, ask]),
    run(client, [ask]),
  ]);
  expect(results.map(rowsOf)).toEqual([[[['there']]], [], [[['there']]]]);
  await client.query('deallocate all');
  expect(rowsOf(await run(client, [ask]))).toEqual([[['there']]]);
  // What is wrong with a text is told each time that it is sent.
  const never = { name: 'never', text: 'select nothing' };
  for (const _ of [1, 2, 3]) expect(await run(client, [never])).toMatchObject({ error: { code: '42703' } });
});

it('keeps the plan of a name within a sequence that has to be sent again', async () => {
  const { run, client, say } = await connect();
  await say(`create function pg_temp.secret() returns text immutable language sql
    as $$ select current_setting('test.secret') $$`);
  const become = (value: string) => ({ text: `set test.secret = '${value}'` });
  const ask = { name: 'ask', text: 'select pg_temp.secret()' };
  const [, sentAgain] = await Promise.all([
    run(client, [{ text: 'select 1 / 0' }, ask]),
    run(client, [become('a'), ask, become('b'), ask]),
  ]);
  expect(rowsOf(sentAgain)).toEqual([[], [['a']], [], [['a']]]);
});

it('prepares a name anew for another text', async () => {
  const { run, client } = await connect();
  const ask = (text: string) => run(client, [{ name: 'ask', text }]);
  const results = await Promise.all([ask('select 1'), ask('select 2'), ask('select 2'), ask('select 1')]);
  expect(results.map(rowsOf)).toEqual([[[['1']]], [[['2']]], [[['2']]], [[['1']]]]);
});

it('ends with an error where the connection does', async () => {
  const { say } = await connect();
  const [lost, behind] = await Promise.all([
    say('select pg_terminate_backend(pg_backend_pid())', 'select 1'),
    say('select 2'),
  ]);
  expect(lost.error).toBeInstanceOf(Error);
  expect(behind).toMatchObject({ answers: [], error: expect.any(Error) });
});
