import { describe, expect, it } from 'vitest';
import { commit } from '../../src/postgres/commit.js';
import type { Client } from '../../src/postgres/connect.js';
import { sqlErrorDetails } from '../../src/postgres/errors.js';
import type { Knex } from '../../src/postgres/knex.js';
import { parseStatements } from '../../src/postgres/statements.js';
import { type Work, type WorkRunner, withWorkRunner } from '../../src/postgres/work.js';
import { useTestDatabase } from '../support/database.js';

const db = useTestDatabase();

const knexWork = (run: (knex: Knex) => unknown): Work => ({ kind: 'knex', run });

async function run(
  work: Work,
  use: (runner: WorkRunner) => Promise<unknown>,
  signal?: AbortSignal,
): Promise<void> {
  await withWorkRunner(await db.client(), [work], signal, use);
}

const inTransaction = (work: Work, signal?: AbortSignal) =>
  run(work, (runner) => runner.inTransaction(work, (go) => go()), signal);
const plainly = (work: Work, signal?: AbortSignal) => run(work, (runner) => runner.plainly(work), signal);

const exists = async (table: string) =>
  (await db.query<{ there: boolean }>('select to_regclass($1) is not null as there', [table]))[0]?.there;

describe('in a transaction', () => {
  it('keeps all of a work or nothing', async () => {
    await inTransaction(knexWork((knex) => knex.raw('create table kept ()')));
    expect(await exists('kept')).toBe(true);
    const failing = knexWork(async (knex) => {
      await knex.raw('create table lost ()');
      throw new Error('no');
    });
    await expect(inTransaction(failing)).rejects.toThrow('no');
    expect(await exists('lost')).toBe(false);
  });

  it('does what belongs to it on the same connection, in the same transaction', async () => {
    const client = await db.client();
    const work = knexWork((knex) => knex.raw('create table with_record ()'));
    await expect(
      withWorkRunner(client, [work], undefined, (runner) =>
        runner.inTransaction(work, async (go) => {
          await client.query('create table record ()');
          await go();
          expect(client.getTransactionStatus()).toBe('T');
          throw new Error('after it');
        }),
      ),
    ).rejects.toThrow('after it');
    expect([await exists('with_record'), await exists('record')]).toEqual([false, false]);
  });

  it.each([
    ['knex', knexWork((knex) => knex.raw('create table unkept ()'))],
    ['sql', { kind: 'sql', statements: [{ text: 'create table unkept ()', line: 1 }] } satisfies Work],
  ])('%s: a COMMIT that has rolled back is no success', async (_, work) => {
    const client = await db.client();
    const done = withWorkRunner(client, [work], undefined, (runner) =>
      runner.inOneTransaction(async (inner) => {
        await inner.inTransaction(work, (go) => go());
        await client.query('select nope').catch(() => {});
      }),
    );
    await expect(done).rejects.toThrow('rolled the transaction back');
    expect(await exists('unkept')).toBe(false);
  });

  it('sends what goes last with COMMIT, and BEGIN of the next with it', async () => {
    const client = await db.client();
    const sent: string[] = [];
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    Object.assign(client, {
      query: (config: string | { text: string }, ...rest: unknown[]) => {
        sent.push(typeof config === 'string' ? config : config.text);
        return query(config, ...rest);
      },
    });
    const works = [
      knexWork((knex) => knex.raw('select 1')),
      { kind: 'sql', statements: [{ text: 'select 2', line: 1 }] } satisfies Work,
      knexWork((knex) => knex.raw('select 3')),
    ];
    await withWorkRunner(client, works, undefined, async (runner) => {
      sent.length = 0;
      for (const [at, work] of works.entries()) {
        const around = async (go: () => Promise<number>, last: (sql: string) => void) => {
          expect(await go()).toBe(1);
          last(`select 'last of ${at}'`);
        };
        await runner.inTransaction(work, around, { follows: at < 2 });
      }
    });
    expect(sent).toEqual([
      ...['begin', 'select 1', "select 'last of 0'; commit; begin"],
      ...['select 2', "select 'last of 1'; commit; begin", 'select 3', "select 'last of 2'; commit"],
    ]);
    expect(client.getTransactionStatus()).toBe('I');
  });

  describe('that another one follows', () => {
    const make = (name: string) => knexWork((knex) => knex.raw(`create table ${name} ()`));
    const pair = async (
      first: Work,
      closing: string,
      second: Work,
      use: (both: { begin: () => Promise<void>; go: () => Promise<void> }, client: Client) => Promise<void>,
      done = () => {},
    ) => {
      const client = await db.client();
      await withWorkRunner(client, [first, second], undefined, (runner) => {
        const begin = () =>
          runner.inTransaction(first, async (go, last) => void last((await go()) ? closing : ''), {
            follows: true,
            done,
          });
        return use({ begin, go: () => runner.inTransaction(second, (go) => go()) }, client);
      });
    };

    it('is being committed while the code of that one runs, whose first statement waits', async () => {
      const seen: string[] = [];
      const second = knexWork(async (knex) => {
        seen.push('begun');
        await knex.raw('create table second ()');
        seen.push('sent');
      });
      await pair(
        make('first'),
        'select pg_sleep(0.1)',
        second,
        async ({ begin, go }) => {
          await begin();
          await go();
        },
        () => seen.push('committed'),
      );
      expect(seen).toEqual(['begun', 'committed', 'sent']);
      expect([await exists('first'), await exists('second')]).toEqual([true, true]);
    });

    const deferred =
      'create table parent (a int primary key); create table child (a int references parent deferrable initially deferred); insert into child values (1)';

    it.each([
      ['by what goes last', make('undone'), 'select 1/0', '22012'],
      ['by COMMIT itself', knexWork((knex) => knex.raw(deferred)), 'select 1', '23503'],
    ])(
      'is rolled back where it fails %s, and nothing of that one is done',
      async (_, first, closing, code) => {
        const seen: unknown[] = [];
        const second = knexWork((knex) =>
          knex.raw('create table later ()').catch((error) => seen.push(error)),
        );
        await pair(first, closing, second, async ({ begin, go }, client) => {
          await begin();
          await expect(go()).rejects.toMatchObject({ failure: { code } });
          expect(client.getTransactionStatus()).toBe('I');
        });
        expect(seen).toHaveLength(1);
        expect([await exists('undone'), await exists('child'), await exists('later')]).toEqual([
          ...[false, false, false],
        ]);
      },
    );

    /** Runs it behind one that fails at its COMMIT. */
    const behindFailedCommit = (second: Work) =>
      pair(
        knexWork((knex) => knex.raw(deferred)),
        '',
        second,
        async ({ begin, go }) => {
          await begin();
          await expect(go()).rejects.toMatchObject({ failure: { code: '23503' } });
        },
      );

    it('has none of its streams go, either', async () => {
      const second = knexWork(async (knex) => {
        const connection = await (knex as Knex.Transaction).client.acquireConnection();
        const { from } = await import('pg-copy-streams');
        const stream = connection.query(from('copy rows from stdin'));
        await new Promise((resolve) => stream.on('error', resolve).end('1\n'));
      });
      await db.query('create table rows (a int)');
      await behindFailedCommit(second);
      expect(await db.query('select from rows')).toEqual([]);
    });

    it('has nothing go that is sent past knex, either', async () => {
      const seen: unknown[] = [];
      const second = knexWork(async (knex) => {
        const connection = await (knex as Knex.Transaction).client.acquireConnection();
        await connection.query('create table past ()').catch((error: unknown) => seen.push(error));
        await new Promise<void>((resolve) => {
          connection.query('create table past ()', (error: unknown) => resolve(void seen.push(error)));
        });
      });
      await behindFailedCommit(second);
      expect(seen).toMatchObject([{ failure: { code: '23503' } }, { failure: { code: '23503' } }]);
      expect(await exists('past')).toBe(false);
    });

    it('is told to have failed, though that one has nothing to send, or fails by itself', async () => {
      for (const code of [() => {}, () => Promise.reject(new Error('by itself'))]) {
        await pair(make('undone'), 'select 1/0', knexWork(code), async ({ begin, go }) => {
          await begin();
          await expect(go()).rejects.toMatchObject({ failure: { code: '22012' } });
        });
      }
      expect(await exists('undone')).toBe(false);
    });

    it('is committed though what comes after COMMIT is cancelled, and that one is begun all the same', async () => {
      const client = await db.client();
      await client.query('begin; create table committed ()');
      await commit(client, 'commit; select 1/0', true);
      expect([await exists('committed'), client.getTransactionStatus()]).toEqual([true, 'T']);
    });
  });

  it('does not take a caught error for success: PostgreSQL has given the transaction up', async () => {
    const work = knexWork(async (knex) => {
      await knex.raw('create table swallowed ()');
      await knex.raw('select 1/0').catch(() => {});
    });
    await expect(inTransaction(work)).rejects.toThrow('PostgreSQL has given the transaction up');
    expect(await exists('swallowed')).toBe(false);
  });

  it("lets knex's own transactions inside be savepoints", async () => {
    const work = knexWork(async (knex) => {
      await knex.raw('create table outer_one ()');
      await knex.transaction((inner) => inner.raw('select 1/0')).catch(() => {});
      await knex.transaction((inner) => inner.raw('create table inner_one ()'));
    });
    await inTransaction(work);
    expect([await exists('outer_one'), await exists('inner_one')]).toEqual([true, true]);
  });
});

describe('without a transaction', () => {
  it('lets statements stand that no transaction takes', async () => {
    await db.query('create table t (a int)');
    await plainly(knexWork((knex) => knex.raw('create index concurrently t_a_idx on t (a)')));
    const statements = await parseStatements(
      { path: 'x.sql', text: 'create index concurrently t_a2_idx on t (a); vacuum t', line: 1 },
      false,
    );
    await plainly({ kind: 'sql', statements });
    expect([await exists('t_a_idx'), await exists('t_a2_idx')]).toEqual([true, true]);
  });

  it('refuses a transaction that is left open, whoever began it, and rolls it back', async () => {
    const left = [
      knexWork((knex) => knex.raw('begin; create table half ()')),
      knexWork(async (knex) => {
        const transaction = await knex.transaction();
        await transaction.raw('create table half ()');
      }),
    ];
    for (const work of left) await expect(plainly(work)).rejects.toThrow('did not end it');
    expect(await exists('half')).toBe(false);
  });

  it('has the statements of one work share its settings', async () => {
    const seen: string[] = [];
    await plainly(
      knexWork(async (knex) => {
        await knex.raw("set lock_timeout = '3s'");
        const shown = await Promise.all([1, 2, 3].map(() => knex.raw('show lock_timeout')));
        seen.push(...shown.map(({ rows }) => rows[0].lock_timeout));
      }),
    );
    expect(seen).toEqual(['3s', '3s', '3s']);
  });
});

it("keeps the server's message, the statement, and no value of it", async () => {
  const error = await inTransaction(
    knexWork((knex) => knex.raw('select ?::text, nope', ['a secret value'])),
  ).catch((each: Error) => each);
  expect(sqlErrorDetails(error)).toEqual({
    sqlstate: '42703',
    message: 'column "nope" does not exist',
    statement: 'select $1::text, nope',
    position: 18,
  });
  expect(String((error as Error).stack)).not.toContain('a secret value');
});

it('an abort refuses the next statement, also between two of them', async () => {
  for (const mode of [inTransaction, plainly]) {
    const controller = new AbortController();
    const work = knexWork(async (knex) => {
      await knex.raw('select 1');
      controller.abort();
      await knex.raw('create table too_late ()');
    });
    await expect(mode(work, controller.signal)).rejects.toMatchObject({ name: 'AbortError' });
  }
  expect(await exists('too_late')).toBe(false);
});
