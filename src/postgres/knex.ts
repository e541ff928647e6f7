import type { Knex } from 'knex';
import { type Stand, surrounded } from './around.js';
import { type Client, serverVersion } from './connect.js';
import { noteFailedStatement } from './failed-statement.js';

export type { Knex } from 'knex';

/** A migration that asks for a second connection waits for itself; say so soon. */
const ACQUIRE_TIMEOUT_MS = 10_000;

/**
 * Lends a knex instance that works on exactly this connection. So session settings reach every statement, the
 * advisory lock is held by the connection that does the work, and closing stays with the connection's owner.
 *
 * @param stand what stands around each statement; looked at anew for each
 * @param signal aborting refuses every further statement: cancelling the running one meets nothing between two
 */
export async function withKnex<T>(
  client: Client,
  signal: AbortSignal | undefined,
  use: (knex: Knex) => Promise<T>,
  stand: Stand = { around: undefined },
): Promise<T> {
  const { createKnex, Pool } = await loadKnex();
  const lent = surrounded(client, stand);
  const pool = new Pool<Client>({
    min: 0,
    max: 1,
    acquireTimeoutMillis: ACQUIRE_TIMEOUT_MS,
    create: async () => lent,
    destroy: async () => {},
  });
  const version = serverVersion(client);
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
  try {
    return await use(knex);
  } finally {
    await knex.destroy();
    // Not awaited: it waits for a transaction that was begun and forgotten, which nobody will end.
    void pool.destroy();
  }
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
