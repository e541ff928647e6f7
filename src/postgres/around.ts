import type { Client } from './connect.js';

/** A statement as it is about to be sent. */
export interface Sent {
  text: string;
  values: readonly unknown[];
}

/** The part of the server's answer that is looked at. */
export interface Answer {
  command: string;
  rowCount: number | null;
  rows: unknown[];
  fields: unknown[];
}

/** Stands around each statement that foreign code sends: sees it, and decides whether and when it goes. */
export type Around = (statement: Sent, send: () => Promise<Answer>) => Promise<Answer>;

/** One inside the other: the inner sees only what the outer lets go. */
export function nested(outer: Around, inner: Around | undefined): Around {
  if (!inner) return outer;
  return (statement, send) => outer(statement, () => inner(statement, send));
}

type Callback = (error: unknown, answer?: Answer) => void;

/** How things stand for the foreign code that runs just now. */
export interface Stand {
  /** Stands around each of its statements. */
  around: Around | undefined;
  /** The COMMIT before its transaction, as long as that is on its way, or where it has failed. */
  behind?: Promise<void> | undefined;
}

/** The same connection, for knex to use, with what stands around each of its statements. */
export function surrounded(client: Client, stand: Stand): Client {
  const query = (config: unknown, ...rest: unknown[]) => {
    const { around, behind } = stand;
    const callback = rest.find((each): each is Callback => typeof each === 'function');
    const plain = client.query as (...args: unknown[]) => unknown;
    // A stream, or a caller other than knex.
    if (!around || !callback || !isConfig(config)) {
      const ask = () => plain.call(client, config, ...rest);
      if (!behind) return ask();
      if (!isSubmittable(config)) return callback ? void behind.then(ask, callback) : behind.then(ask);
      keepInside(client, config);
      return ask();
    }
    const send = () => plain.call(client, config) as Promise<Answer>;
    around({ text: config.text, values: config.values ?? [] }, send).then(
      (answer) => callback(null, answer),
      (error: unknown) => callback(error),
    );
    return undefined;
  };
  return new Proxy(client, {
    get: (target, property) => {
      if (property === 'query') return query;
      const value: unknown = Reflect.get(target, property);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** A stream cannot be told to wait: the driver sends it when it is its turn, but not where there is no transaction. */
function keepInside(client: Client, stream: Submittable): void {
  const submit = stream.submit.bind(stream);
  stream.submit = (connection) =>
    client.getTransactionStatus() === 'I' ? new Error('its transaction was never begun') : submit(connection);
}

interface Submittable {
  submit(connection: unknown): unknown;
}

function isSubmittable(query: unknown): query is Submittable {
  return typeof query === 'object' && query !== null && 'submit' in query;
}

function isConfig(config: unknown): config is { text: string; values?: unknown[] } {
  return typeof config === 'object' && config !== null && 'text' in config && !('submit' in config);
}
