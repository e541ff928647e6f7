import { backendPid, type Client } from './connect.js';
import type { Database } from './database.js';

/**
 * Runs `work` on a connection, and stops it when its time is up: the signal that it is lent is aborted, and the statement
 * that runs just then cancelled, over a connection of its own.
 *
 * @returns what `work` returns, or undefined where its time was up
 * @throws what `work` throws before that
 */
export async function withDeadline<T>(
  database: Database,
  client: Client,
  timeoutMs: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const deadline = new AbortController();
  let cancelled: Promise<unknown> = Promise.resolve();
  const stop = () => {
    deadline.abort();
    cancelled = database
      .connect((other) => other.query('select pg_cancel_backend($1)', [backendPid(client)]))
      // Without a second connection the statement's own timeout has to do.
      .catch(() => {});
  };
  const timer = setTimeout(stop, timeoutMs);
  try {
    return await work(AbortSignal.any([...(signal ? [signal] : []), deadline.signal]));
  } catch (error) {
    if (!deadline.signal.aborted || signal?.aborted) throw error;
    return undefined;
  } finally {
    clearTimeout(timer);
    // Later, it would meet the next statement instead.
    await cancelled;
  }
}
