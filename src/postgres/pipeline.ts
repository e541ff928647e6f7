import type { QueryArrayConfig, QueryArrayResult } from 'pg';
import type { Client } from './connect.js';

/** Enough that neither side waits for the other; few enough that what is buffered stays small. */
const MOST_IN_FLIGHT = 256;

/** Sends a statement; the server runs them in the order of the calls. */
export type Send = (query: QueryArrayConfig) => Promise<QueryArrayResult<(string | null)[]>>;

/**
 * Sends statements without waiting for the answers to those before. Each keeps its own answer or error, so that a
 * `rollback to savepoint` right behind a statement that fails still mends the transaction. Over a client that is not
 * pipelined they go one by one, in the same order.
 */
export function openPipeline(client: Client): Send {
  const most = client.pipeline ? MOST_IN_FLIGHT : 1;
  const waiting: (() => void)[] = [];
  let inFlight = 0;
  const next = () => {
    inFlight -= 1;
    waiting.shift()?.();
  };
  return (query) =>
    new Promise((resolve, reject) => {
      const start = () => {
        inFlight += 1;
        client.query<(string | null)[]>(query).then(resolve, reject).finally(next);
      };
      if (inFlight < most) start();
      else waiting.push(start);
    });
}
