import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Client } from '../../src/postgres/connect.js';
import type { Knex } from '../../src/postgres/knex.js';
import { type Work, type WorkRunner, withWorkRunner } from '../../src/postgres/work.js';
import { useTestDatabase } from '../support/database.js';

const db = useTestDatabase();

const code = (run: (knex: Knex) => unknown): Work => ({ kind: 'knex', run });

async function fresh(): Promise<Client> {
  const client = await db.client();
  await client.query('drop table if exists t; create table t (a int unique)');
  return client;
}

const held = async () => (await db.query<{ a: number }>('select a from t order by a')).map(({ a }) => a);

type Mode = (runner: WorkRunner, work: Work) => Promise<unknown>;
const inTransaction: Mode = (runner, work) => runner.inTransaction(work, (go) => go());
const modes: [string, Mode][] = [
  ['in a transaction', inTransaction],
  [
    'in one that is shared',
    (runner, work) => runner.inOneTransaction((inner) => inner.inTransaction(work, (go) => go())),
  ],
  ['outside', (runner, work) => runner.plainly(work)],
];

async function run(work: Work, mode: Mode = inTransaction): Promise<void> {
  const client = await fresh();
  await withWorkRunner(client, [work], undefined, (runner) => mode(runner, work));
}

const row = (a: number) => ({ a });

const forgetful: [string, string, (knex: Knex) => unknown][] = [
  ['one statement', 'a statement of its was', (knex) => void knex('t').insert(row(1)).then()],
  [
    'a loop',
    '3 statements of its were',
    (knex) => [1, 2, 3].forEach(async (a) => await knex('t').insert(row(a))),
  ],
  [
    'all but the first',
    'a statement of its was',
    async (knex) => {
      await knex('t').insert(row(1));
      void knex('t')
        .insert(row(2))
        .catch(() => {});
    },
  ],
  [
    'one that begins when it is back',
    'a statement of its was',
    (knex) => void Promise.resolve().then(() => setImmediate(() => void knex('t').insert(row(1)).then())),
  ],
  ['a batch', 'a statement of its was', (knex) => void knex.batchInsert('t', [row(1)])],
  [
    'a transaction inside',
    'a statement of its was',
    (knex) => void knex.transaction(async (inner) => await inner('t').insert(row(1))),
  ],
];

it.each(modes.flatMap(([where, mode]) => forgetful.map((each) => [where, mode, ...each] as const)))(
  '%s, what %3$s forgets makes it fail',
  async (where, mode, _, count, forget) => {
    await expect(run(code(forget), mode)).rejects.toThrow(`it came back before ${count} done`);
    if (where !== 'outside') expect(await held()).toEqual([]);
  },
);

it('does not go on with it, nor with what runs beside a failure', async () => {
  const reached: string[] = [];
  const chain = async (knex: Knex) => {
    await knex('t').insert(row(1));
    reached.push('the second statement');
    await knex('t').insert(row(2));
  };
  for (const [, mode] of modes) {
    await expect(
      run(
        code((knex) => void chain(knex)),
        mode,
      ),
    ).rejects.toThrow('it came back before');
    const beside = code((knex) => Promise.all([knex.raw('select nope').then(), chain(knex)]));
    await expect(run(beside, mode)).rejects.toThrow('nope');
  }
  await sleep(20);
  expect(reached).toEqual([]);
});

function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

it.each(modes)('%s, refuses what comes later still, and is no part of the next one', async (where, mode) => {
  const refused: unknown[] = [];
  const [waits, later] = [gate(), gate()];
  const forgets = code(async (knex) => {
    await knex('t').insert(row(1));
    void waits.opened
      .then(() => knex('t').insert(row(2)))
      .catch((error) => refused.push(error))
      .then(later.open);
  });
  const next = code(async (knex) => {
    await knex('t').insert(row(3));
    waits.open();
    await later.opened;
  });
  await withWorkRunner(await fresh(), [forgets, next], undefined, async (runner) => {
    const both = async (one: (work: Work) => Promise<unknown>) => {
      await one(forgets);
      await one(next);
    };
    if (where !== 'in one that is shared') await both((work) => mode(runner, work));
    else await runner.inOneTransaction((inner) => both((work) => inner.inTransaction(work, (go) => go())));
  });
  expect(await held()).toEqual([1, 3]);
  expect(refused).toMatchObject([{ message: expect.stringContaining('had come back') }]);
});

it.each<[string, (knex: Knex) => unknown]>([
  ['Promise.all', (knex) => Promise.all([1, 2, 3].map((a) => knex('t').insert(row(a))))],
  ['a builder that it returns', (knex) => knex('t').insert([row(1), row(2), row(3)])],
  [
    'savepoints',
    async (knex) => {
      await knex.transaction(async (inner) => {
        await inner('t').insert(row(1));
        await inner.transaction((innermost) => innermost('t').insert([row(2), row(3)]));
      });
      await knex.transaction((inner) => inner.raw('select nope')).catch(() => {});
    },
  ],
  [
    'transactions inside that nobody gave a function',
    async (knex) => {
      const inner = await knex.transaction();
      await inner('t').insert([row(1), row(2), row(3)]);
      await inner.commit();
    },
  ],
  ['a batch', (knex) => knex.batchInsert('t', [row(1), row(2), row(3)], 2)],
  [
    'a batch whose keys are asked for',
    async (knex) => {
      const given = await knex.batchInsert('t', [row(1), row(2), row(3)], 2).returning('a');
      expect(given).toHaveLength(3);
    },
  ],
  [
    'rows that are copied',
    async (knex) => {
      const connection = await (knex as Knex.Transaction).client.acquireConnection();
      const { from } = await import('pg-copy-streams');
      const stream = connection.query(from('copy t from stdin'));
      await new Promise((resolve, reject) =>
        stream.on('error', reject).on('finish', resolve).end('1\n2\n3\n'),
      );
      await (knex as Knex.Transaction).client.releaseConnection(connection);
    },
  ],
])('has nothing against %s', async (_, use) => {
  for (const [, mode] of modes) {
    await run(code(use), mode);
    expect(await held()).toEqual([1, 2, 3]);
  }
});
