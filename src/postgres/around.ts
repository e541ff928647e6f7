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

/**
 * The same connection, for knex to use, with something that stands around each of its statements.
 *
 * @param current asked for each statement; undefined where nothing stands around it
 */
export function surrounded(client: Client, current: () => Around | undefined): Client {
  const query = (config: unknown, ...rest: unknown[]) => {
    const around = current();
    const callback = rest.find((each): each is Callback => typeof each === 'function');
    const plain = client.query as (...args: unknown[]) => unknown;
    // A stream, or a caller other than knex.
    if (!around || !callback || !isConfig(config)) return plain.call(client, config, ...rest);
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

function isConfig(config: unknown): config is { text: string; values?: unknown[] } {
  return typeof config === 'object' && config !== null && 'text' in config && !('submit' in config);
}
