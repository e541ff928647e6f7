import { type Around, nested } from './around.js';
import type { Client } from './connect.js';
import { type Knex, type KnexMaker, withKnexMaker } from './knex.js';
import { Loan } from './loan.js';
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
  if (works.every(({ kind }) => kind === 'sql')) return use(runner(client, undefined, signal));
  return withKnexMaker(client, signal, (maker) => use(runner(client, maker, signal)));
}

function runner(client: Client, maker: KnexMaker | undefined, signal: AbortSignal | undefined): WorkRunner {
  const open = transactionOpener(client);
  const senderOf = (work: Work, where: keyof KnexMaker, behind?: Promise<void>): Sender => {
    if (work.kind === 'sql') {
      const send = async (each?: Around) => {
        await runStatements(client, work.statements, signal, each);
        return work.statements.length;
      };
      return { send, end: () => {} };
    }
    if (!maker) throw new Error('this runner was made for SQL only');
    const loan = new Loan(client, behind);
    const send = async (each?: Around) => {
      const knex = await maker[where](loan);
      await loan.during(each, () => work.run(knex));
      if (knex.isTransaction && (knex as Knex.Transaction).isCompleted()) throw new Error(OWN_END);
      return loan.sent;
    };
    return { send, end: () => loan.end() };
  };
  const within = async (
    work: Work,
    around: AroundWork,
    each: Around | undefined,
    ends: Ends,
    behind?: Promise<void>,
  ): Promise<void> => {
    const { send, end } = senderOf(work, 'transaction', behind);
    const run = async () => {
      signal?.throwIfAborted();
      const statements = await send(behind ? nested(after(behind), each) : each);
      await behind;
      await refuseFailedTransaction(client);
      return statements;
    };
    await around(run, (sql) => {
      ends.closing = sql;
    });
    end();
  };
  const lent: Pick<WorkRunner, 'inTransaction'> = {
    inTransaction: async (work, around, { each, done } = {}) => {
      const ends = { closing: '', follows: false, done };
      await within(work, around, each, ends);
      if (ends.closing) await client.query(ends.closing);
      done?.();
    },
  };
  return {
    plainly: async (work, each) => {
      const { send, end } = senderOf(work, 'plain');
      const statements = await send(each);
      await refuseOpenTransaction(client);
      end();
      return statements;
    },
    inTransaction: (work, around, { each, follows = false, done } = {}) => {
      const ends = { closing: '', follows, done };
      return open(ends, (behind) => within(work, around, each, ends, behind));
    },
    inOneTransaction: (use) => open({ closing: '', follows: false }, () => use(lent)),
    inUndoneTransaction: (use) => withRollback(client, () => use(lent)),
  };
}

/** How a work's statements are sent. */
interface Sender {
  /** @returns how many they are */
  send(each: Around | undefined): Promise<number>;
  /** Nothing is going to undo them any more, but what has come too late. */
  end(): void;
}

/** Has statements wait. */
function after(gone: Promise<void>): Around {
  return async (_, send) => {
    await gone;
    return send();
  };
}

/** To be told of a file that has sent nothing: it may have had nothing to do, or its builders were never run. */
export function describeIdle(file: string): string {
  return `${file} came back without having sent a statement; where it was to, \`await\` or \`return\` is missing before one`;
}

const OWN_END =
  'it ended by itself, by commit() or rollback(), the transaction that it runs in, which its record belongs to';

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
