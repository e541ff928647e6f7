import type { Client } from './connect.js';

export type TransactionMode = 'read write' | 'repeatable read, read only';

/**
 * Runs `work` between BEGIN and COMMIT; rolls back on any error and passes it on.
 *
 * @throws whatever `work` or COMMIT throws (deferred constraints are checked there)
 */
export async function withTransaction<T>(
  client: Client,
  mode: TransactionMode,
  work: () => Promise<T>,
): Promise<T> {
  await client.query(mode === 'read write' ? 'begin' : 'begin isolation level repeatable read, read only');
  try {
    const result = await work();
    await client.query('commit');
    return result;
  } catch (error) {
    // The first error is the one worth reporting; on a lost connection the server rolls back by itself.
    await client.query('rollback').catch(() => {});
    throw error;
  }
}

/** Runs `work` in a transaction that is always rolled back: dry runs and probes. */
export async function withRollback<T>(client: Client, work: () => Promise<T>): Promise<T> {
  await client.query('begin');
  try {
    return await work();
  } finally {
    await client.query('rollback').catch(() => {});
  }
}

/** Runs `work` within the caller's transaction and takes back all that it did: rows, locks, roles and settings. */
export async function withSavepoint<T>(client: Client, name: string, work: () => Promise<T>): Promise<T> {
  const undo = () => client.query(`rollback to savepoint ${name}; release savepoint ${name}`);
  await client.query(`savepoint ${name}`);
  const result = await work().catch(async (error: unknown) => {
    // The first error is the one worth reporting.
    await undo().catch(() => {});
    throw error;
  });
  // Not to be passed over: COMMIT of a transaction that failed is a silent ROLLBACK.
  await undo();
  return result;
}

/** A failed statement rejects before the server has said what became of the transaction: one more answer tells. */
export async function transactionStatus(client: Client) {
  if (!isReady(client)) await client.query('');
  return client.getTransactionStatus();
}

/** Rolls back what is open, if anything is; a lost connection has the server do so. */
export async function rollBack(client: Client): Promise<void> {
  const status = await transactionStatus(client).catch(() => 'I');
  if (status !== 'I') await client.query('rollback').catch(() => {});
}

/** Whether the server waits for a statement, and has said where it stands; pg's types leave it out. */
function isReady(client: Client): boolean {
  return (client as Client & { readyForQuery?: boolean }).readyForQuery === true;
}
