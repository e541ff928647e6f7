import type { Answer, Around } from './around.js';
import type { Client } from './connect.js';
import { type Knex, withKnex } from './knex.js';
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
  /** Another work in a transaction is run right after it: its BEGIN travels with this one's COMMIT. */
  follows?: boolean;
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
  return withKnex(
    client,
    signal,
    (knex) => use(runner(client, knex, stand, signal)),
    () => stand.around,
  );
}

/** What stands around the statements of the work that runs just now. */
interface Stand {
  around: Around | undefined;
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
  let begunAhead = false;
  const begin = async (): Promise<Answer> => {
    if (!begunAhead) return client.query('begin');
    begunAhead = false;
    return BEGUN;
  };
  const commit = async ({ closing, follows }: Ends): Promise<Answer> => {
    const message = [...(closing ? [closing] : []), 'commit', ...(follows ? ['begin'] : [])].join('; ');
    try {
      const answer = await client.query(message);
      begunAhead = follows;
      return answer;
    } catch (error) {
      // Where one statement of a message fails, those after it are not run.
      if ((await transactionStatus(client).catch(() => 'I')) !== 'I')
        await client.query('rollback').catch(() => {});
      throw error;
    }
  };
  /** Where knex opens the transaction, it has to be knex's own object that its works get. */
  const open = async (
    opener: Knex | undefined,
    ends: Ends,
    use: (lent?: Knex) => Promise<void>,
  ): Promise<void> => {
    if (!opener) {
      await begin();
      await use().catch(async (error: unknown) => {
        await client.query('rollback').catch(() => {});
        throw error;
      });
      await commit(ends);
      return;
    }
    stand.around = async ({ text }, send) => {
      if (text === 'BEGIN;') return begin();
      if (text === 'COMMIT;') return commit(ends);
      return send();
    };
    try {
      await opener.transaction((transaction) => use(transaction));
    } finally {
      stand.around = undefined;
    }
  };
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
    const run = async () => {
      const statements = await send(work, each, lent);
      await refuseFailedTransaction(client);
      return statements;
    };
    await around(run, (sql) => {
      ends.closing = sql;
    });
  };
  const lend = (lent?: Knex): Pick<WorkRunner, 'inTransaction'> => ({
    inTransaction: async (work, around, { each } = {}) => {
      const ends = { closing: '', follows: false };
      await within(work, around, each, ends, lent);
      if (ends.closing) await client.query(ends.closing);
    },
  });
  return {
    plainly: async (work, each) => {
      const statements = await send(work, each);
      await refuseOpenTransaction(client);
      return statements;
    },
    inTransaction: (work, around, { each, follows = false } = {}) => {
      const ends = { closing: '', follows };
      const opener = work.kind === 'sql' ? undefined : needKnex();
      return open(opener, ends, (lent) => within(work, around, each, ends, lent));
    },
    inOneTransaction: (use) => open(knex, { closing: '', follows: false }, (lent) => use(lend(lent))),
    inUndoneTransaction: (use) => openUndone((lent) => use(lend(lent))),
  };
}

/** What travels with COMMIT: SQL before it, BEGIN after it. */
interface Ends {
  closing: string;
  follows: boolean;
}

const BEGUN: Answer = { command: 'BEGIN', rowCount: null, rows: [], fields: [] };

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
