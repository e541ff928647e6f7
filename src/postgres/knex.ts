import type { Knex } from 'knex';
import { type Client, serverVersion } from './connect.js';
import { noteFailedStatement } from './failed-statement.js';
import type { Loan } from './loan.js';

export type { Knex } from 'knex';

/** A migration that asks for a second connection waits for itself; say so soon. */
const ACQUIRE_TIMEOUT_MS = 10_000;

/**
 * Makes knex instances that work on exactly the connection they are lent. So session settings reach every statement, the
 * advisory lock is held by the connection that does the work, and closing stays with the connection's owner.
 */
export interface KnexMaker {
  plain(loan: Loan): Promise<Knex>;
  /** For a transaction that is open. */
  transaction(loan: Loan): Promise<Knex.Transaction>;
}

/**
 * Lends a maker.
 *
 * @param signal aborting refuses every further statement: cancelling the running one meets nothing between two
 */
export async function withKnexMaker<T>(
  client: Client,
  signal: AbortSignal | undefined,
  use: (maker: KnexMaker) => Promise<T>,
): Promise<T> {
  const { createKnex, Pool } = await loadKnex();
  const version = serverVersion(client);
  const made: { destroy(): Promise<unknown> }[] = [];
  const make = (connection: Client): Knex => {
    const pool = new Pool<Client>({
      min: 0,
      max: 1,
      acquireTimeoutMillis: ACQUIRE_TIMEOUT_MS,
      create: async () => connection,
      destroy: async () => {},
    });
    const knex = createKnex({
      client: 'pg',
      connectionPool: pool,
      version: `${Math.floor(version / 10_000)}.${version % 10_000}`,
      // Otherwise knex writes the values into the error's message, secrets included.
      compileSqlOnError: false,
    });
    knex.on('query-error', separate);
    // What is thrown here becomes the statement's own failure. A transaction has to be ended all the same.
    knex.on('query', ({ sql }: { sql: string }) => {
      if (!/^(commit|rollback|release)\b/i.test(sql)) signal?.throwIfAborted();
    });
    // Not awaited: it waits for a transaction that was begun and forgotten, which nobody will end.
    made.push({ destroy: () => knex.destroy().finally(() => void pool.destroy()) });
    return knex;
  };
  let root: Knex | undefined;
  const transaction = async (loan: Loan) => {
    root ??= make(client);
    return tellOfBatches(await root.transaction(undefined, { connection: loan.connection }), loan);
  };
  const plain = async (loan: Loan) => {
    const knex = make(loan.connection);
    // One statement at a time has the connection: others are begun, and wait for it.
    const inner = knex.client as { acquireConnection(): Promise<Client> };
    const acquire = inner.acquireConnection.bind(inner);
    inner.acquireConnection = () => loan.hold('', acquire());
    return tellOfBatches(knex, loan);
  };
  try {
    return await use({ plain, transaction });
  } finally {
    await Promise.all(made.map((each) => each.destroy()));
  }
}

/** Inserts in batches begin by themselves, but send nothing before a millisecond has passed: they are told of. */
function tellOfBatches<K extends Knex>(knex: K, loan: Loan): K {
  const insert = knex.batchInsert as (...args: unknown[]) => Promise<unknown> & object;
  const value = (...args: unknown[]) => {
    const running = insert.apply(knex, args);
    return Object.assign(loan.hold(`batchInsert into ${args[0]}`, running), { ...running });
  };
  return Object.defineProperty(knex, 'batchInsert', { value, configurable: true });
}

/** Takes a while: whoever will need it may ask ahead, where there is something to wait for. */
export async function loadKnex() {
  const [{ default: createKnex }, { Pool }] = await Promise.all([import('knex'), import('tarn')]);
  return { createKnex, Pool };
}

/** knex puts its SQL before the server's message; the two are wanted apart. */
function separate(error: Error, { sql }: { sql: string }): void {
  const prefix = `${sql} - `;
  if (error.message.startsWith(prefix)) error.message = error.message.slice(prefix.length);
  noteFailedStatement(error, { text: sql });
}
