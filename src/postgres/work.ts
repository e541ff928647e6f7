import { type Around, nested, type Stand } from './around.js';
import type { Client } from './connect.js';
import { type Knex, withKnex } from './knex.js';
import { type Ends, transactionOpener } from './open-transaction.js';
import { runStatements, type Statement } from './statements.js';
import { transactionStatus, withRollback } from './transaction.js';

/** What a user's file does to the database: a function of knex's signature, or SQL. */
export type Work =
  | { kind: 'knex'; run: (knex: Knex) => unknown }
  | { kind: 'sql'; statements: readonly Statement[] };

/** Runs work on one connection. */
export interface WorkRunner {
  /**
   * Without a transaction: each statement stands by itself.
   *
   * @param each stands around each of them
   * @returns how many there were
   */
  plainly(work: Work, each?: Around): Promise<number>;
  /**
   * In a transaction.
   *
   * @param around calls `run` and does on the same connection, in the same transaction, what goes with it; `run` returns
   *   how many statements were sent
   * @throws LateFailure, where the COMMIT failed that the work before, which this one follows, has not waited for
   */
  inTransaction(work: Work, around: AroundWork, options?: TransactionOptions): Promise<void>;
  /** Several works in one transaction, each by `inTransaction` of the runner that is lent. */
  inOneTransaction(use: UseTransaction): Promise<void>;
  /** The same, and then nothing of it is kept. */
  inUndoneTransaction(use: UseTransaction): Promise<void>;
}

export interface TransactionOptions {
  /** Stands around each of the work's statements. */
  each?: Around | undefined;
  /**
   * Another work in a transaction is run right after it. Its BEGIN travels with this one's COMMIT, and its code runs while
   * the server is busy with that; its first statement waits until all of it has gone through.
   */
  follows?: boolean;
  /** Called once it is committed, or where several share a transaction, once it has run. */
  done?: (() => void) | undefined;
}

/** `last` has SQL travel with COMMIT. */
type AroundWork = (run: () => Promise<number>, last: (sql: string) => void) => Promise<unknown>;
type UseTransaction = (runner: Pick<WorkRunner, 'inTransaction'>) => Promise<void>;

/** Lends a runner. knex is loaded only where one of the works needs it. */
export async function withWorkRunner<T>(
  client: Client,
  works: readonly Work[],
  signal: AbortSignal | undefined,
  use: (runner: WorkRunner) => Promise<T>,
): Promise<T> {
  const stand: Stand = { around: undefined };
  if (works.every(({ kind }) => kind === 'sql')) return use(runner(client, undefined, stand, signal));
  return withKnex(client, signal, (knex) => use(runner(client, knex, stand, signal)), stand);
}

function runner(
  client: Client,
  knex: Knex | undefined,
  stand: Stand,
  signal: AbortSignal | undefined,
): WorkRunner {
  const needKnex = () => {
    if (knex) return knex;
    throw new Error('this runner was made for SQL only');
  };
  const send = async (work: Work, each: Around | undefined, lent?: Knex): Promise<number> => {
    const { around } = stand;
    stand.around = each;
    try {
      if (work.kind === 'knex') return await countQueries(needKnex(), () => work.run(lent ?? needKnex()));
      await runStatements(client, work.statements, signal, each);
      return work.statements.length;
    } finally {
      stand.around = around;
    }
  };
  const open = transactionOpener(client, stand);
  const openUndone = async (use: (lent?: Knex) => Promise<void>): Promise<void> => {
    if (!knex) return withRollback(client, () => use());
    const transaction = await knex.transaction();
    try {
      await use(transaction);
    } finally {
      await transaction.rollback().catch(() => {});
    }
  };
  const within = async (
    work: Work,
    around: AroundWork,
    each: Around | undefined,
    ends: Ends,
    lent: Knex | undefined,
  ): Promise<void> => {
    const { behind } = stand;
    const own = behind ? nested(after(behind), each) : each;
    const run = async () => {
      signal?.throwIfAborted();
      const statements = await send(work, own, lent);
      await behind;
      await refuseFailedTransaction(client);
      return statements;
    };
    await around(run, (sql) => {
      ends.closing = sql;
    });
  };
  const lend = (lent?: Knex): Pick<WorkRunner, 'inTransaction'> => ({
    inTransaction: async (work, around, { each, done } = {}) => {
      const ends = { closing: '', follows: false, done };
      await within(work, around, each, ends, lent);
      if (ends.closing) await client.query(ends.closing);
      done?.();
    },
  });
  return {
    plainly: async (work, each) => {
      const statements = await send(work, each);
      await refuseOpenTransaction(client);
      return statements;
    },
    inTransaction: (work, around, { each, follows = false, done } = {}) => {
      const ends = { closing: '', follows, done };
      const opener = work.kind === 'sql' ? undefined : needKnex();
      return open(opener, ends, (lent) => within(work, around, each, ends, lent));
    },
    inOneTransaction: (use) => open(knex, { closing: '', follows: false }, (lent) => use(lend(lent))),
    inUndoneTransaction: (use) => openUndone((lent) => use(lend(lent))),
  };
}

/** Has statements wait. */
function after(gone: Promise<void>): Around {
  return async (_, send) => {
    await gone;
    return send();
  };
}

/** How many statements `use` sends; a knex transaction tells its queries to the instance it came from, too. */
async function countQueries(knex: Knex, use: () => unknown): Promise<number> {
  let sent = 0;
  const count = () => {
    sent += 1;
  };
  knex.on('query', count);
  try {
    await use();
  } finally {
    knex.off('query', count);
  }
  return sent;
}

/** COMMIT of a transaction that failed is a silent ROLLBACK: a swallowed error would be recorded as success. */
async function refuseFailedTransaction(client: Client): Promise<void> {
  if ((await transactionStatus(client)) !== 'E') return;
  throw new Error(
    'one of its statements failed and the error was caught, but PostgreSQL has given the transaction up; ' +
      'a statement that may fail belongs into a nested transaction (a savepoint)',
  );
}

/** What comes after would be part of it, and be lost with it. */
async function refuseOpenTransaction(client: Client): Promise<void> {
  if ((await transactionStatus(client)) === 'I') return;
  await client.query('rollback');
  throw new Error('it began a transaction and did not end it; the transaction was rolled back');
}
