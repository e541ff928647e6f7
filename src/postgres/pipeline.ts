import type { Client } from './connect.js';

/** Enough that neither side waits for the other; few enough that what is buffered stays small. */
const MOST_IN_FLIGHT = 256;

/** Has a question asked as soon as it may be, after those that came before. */
export type Send = <T>(ask: (client: Client) => Promise<T>) => Promise<T>;

export interface Pipeline {
  send: Send;
  /** Ends with the answers to what has been sent. What has not been sent yet never is: what it belonged to is over. */
  close(): Promise<void>;
}

/**
 * Sends statements without waiting for the answers to those before. Each keeps its own answer or error, so that a
 * `rollback to savepoint` right behind a statement that fails still mends the transaction. Over a client that is not
 * pipelined they go one by one, in the same order.
 */
export function openPipeline(client: Client): Pipeline {
  const most = client.pipeline ? MOST_IN_FLIGHT : 1;
  const waiting: { start(): void; drop(): void }[] = [];
  const bundle = client.pipeline ? bundler(client) : () => {};
  let inFlight = 0;
  let closed = false;
  let drained = () => {};
  const next = () => {
    inFlight -= 1;
    if (closed && inFlight === 0) drained();
    waiting.shift()?.start();
  };
  return {
    send: (ask) =>
      new Promise((resolve, reject) => {
        const start = () => {
          inFlight += 1;
          bundle();
          ask(client).then(
            (answer) => {
              next();
              resolve(answer);
            },
            (error: unknown) => {
              next();
              reject(error);
            },
          );
        };
        const drop = () => reject(new Error('the pipeline was closed before this was sent'));
        if (closed) drop();
        else if (inFlight < most) start();
        else waiting.push({ start, drop });
      }),
    close: () => {
      closed = true;
      for (const { drop } of waiting.splice(0)) drop();
      return new Promise((resolve) => {
        drained = resolve;
        if (inFlight === 0) resolve();
      });
    },
  };
}

/** Lends a pipeline, and ends it also where what it was lent for fails: nothing of that then comes behind its owner's ROLLBACK. */
export async function withPipeline<T>(client: Client, use: (send: Send) => Promise<T>): Promise<T> {
  const { send, close } = openPipeline(client);
  try {
    return await use(send);
  } finally {
    await close();
  }
}

/** Called before a statement is written: what is written until the event loop goes on leaves in one system call. */
function bundler(client: Client): () => void {
  const { stream } = client.connection;
  let corked = false;
  return () => {
    if (corked) return;
    corked = true;
    stream.cork();
    process.nextTick(() => {
      corked = false;
      stream.uncork();
    });
  };
}
