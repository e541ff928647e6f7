import { setImmediate } from 'node:timers/promises';
import type { Submittable } from 'pg';
import { type Answer, type Around, excerpt } from './around.js';
import type { Client } from './connect.js';

/** A function has come back before all that it has begun was done: something was not waited for. */
export class ForgottenStatements extends Error {
  /** @param texts those that were not answered yet, or came after it */
  constructor(texts: readonly string[]) {
    const [first = ''] = texts;
    const many = texts.length === 1 ? 'a statement of its was' : `${texts.length} statements of its were`;
    super(
      `it came back before ${many} done, ${texts.length === 1 ? '' : 'the first of them '}${excerpt(first)}`,
    );
    this.name = 'ForgottenStatements';
  }
}

/**
 * The connection as it is lent to one function of a user's file, and to no other: so whatever comes over it is that
 * function's, however late it comes.
 */
export class Loan {
  /** For knex to use. */
  readonly connection: Client;
  /** How many statements it has sent. */
  sent = 0;
  /** 'back': its function has come back, and is being looked into. 'over': and was found to be done. */
  #state: 'not begun' | 'at work' | 'back' | 'over' = 'not begun';
  #around: Around | undefined;
  #behind: Promise<void> | undefined;
  /** What is not done. */
  readonly #open = new Set<Begun>();

  /** @param behind what has to go through before anything is sent: the COMMIT before its transaction */
  constructor(
    readonly client: Client,
    behind?: Promise<void>,
  ) {
    this.#behind = behind;
    const passed = () => {
      this.#behind = undefined;
    };
    behind?.then(passed, () => {});
    const query = (config: unknown, ...rest: unknown[]) => this.#query(config, rest);
    this.connection = new Proxy(client, {
      get: (target, property) => {
        if (property === 'query') return query;
        const value: unknown = Reflect.get(target, property);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  /**
   * Calls the function. Whatever it has begun and not waited for is not answered any more once it has come back, so that
   * nothing goes on that way.
   *
   * @param around stands around each of its statements
   * @throws ForgottenStatements, where there is any such
   */
  async during(around: Around | undefined, use: () => unknown): Promise<void> {
    this.#around = around;
    this.#state = 'at work';
    try {
      await use();
      this.#state = 'back';
      // By the end of this turn is sent what need not wait for the server before.
      await setImmediate();
      this.#refuseForgotten();
    } finally {
      this.#state = 'back';
      await Promise.allSettled([...this.#open].map(({ sent }) => sent));
    }
  }

  /** Nothing is going to undo any more what it has done. */
  end(): void {
    this.#refuseForgotten();
    this.#state = 'over';
  }

  /**
   * Counts what will send a statement before long.
   *
   * @returns the same, but for what is not to go on
   */
  hold<T>(text: string, running: Promise<T>): Promise<T> {
    return this.#settled({ text }, running);
  }

  #settled<T>(begun: Begun, running: Promise<T>): Promise<T> {
    this.#open.add(begun);
    return new Promise((resolve, reject) => {
      const settle = (go: () => void) => {
        if (this.#state === 'back') return;
        this.#open.delete(begun);
        go();
      };
      running.then(
        (value) => settle(() => resolve(value)),
        (error: unknown) => settle(() => reject(error)),
      );
    });
  }

  #refuseForgotten(): void {
    if (this.#open.size > 0) throw new ForgottenStatements([...this.#open].map(({ text }) => text));
  }

  #query(config: unknown, rest: readonly unknown[]): unknown {
    if (isSubmittable(config)) return this.#stream(config, rest);
    const callback = rest.find((each): each is Callback => typeof each === 'function');
    const values = rest.filter((each) => each !== callback);
    const answer = this.#ask(config, values, callback !== undefined);
    if (!callback) return answer;
    answer.then(
      (given) => callback(null, given),
      (error: unknown) => callback(error),
    );
    return undefined;
  }

  /** @param byKnex not by a caller that has taken the connection from it */
  #ask(config: unknown, values: readonly unknown[], byKnex: boolean): Promise<Answer> {
    // knex's BEGIN. The transaction is opened and ended without it.
    if (this.#state === 'not begun') return Promise.resolve(NOTHING);
    const text = typeof config === 'string' ? config : isConfig(config) ? config.text : '';
    const plain = this.client.query as (...args: unknown[]) => Promise<Answer>;
    const send = async () => {
      if (this.#isClosed()) throw tooLate(text);
      return plain.call(this.client, config, ...values);
    };
    const [around, behind] = [this.#around, this.#behind];
    const sending =
      around && byKnex && isConfig(config) && !this.#isClosed()
        ? around({ text, values: config.values ?? [] }, send)
        : behind
          ? behind.then(send)
          : send();
    this.sent += 1;
    return this.#settled({ text, sent: sending }, sending);
  }

  /** A stream cannot be told to wait: the driver sends it when it is its turn, but not where there is no transaction. */
  #stream(stream: Submittable, rest: readonly unknown[]): unknown {
    const submit = stream.submit.bind(stream);
    this.sent += 1;
    const begun = { text: 'a stream' };
    this.#open.add(begun);
    stream.submit = (connection) => {
      if (this.#isClosed()) return tooLate(begun.text);
      // From here on the driver has all that comes after wait for it.
      this.#open.delete(begun);
      const inside = !this.#behind || this.client.getTransactionStatus() !== 'I';
      return inside ? submit(connection) : new Error('its transaction was never begun');
    };
    return (this.client.query as (...args: unknown[]) => unknown).call(this.client, stream, ...rest);
  }

  #isClosed(): boolean {
    return this.#state === 'back' || this.#state === 'over';
  }
}

interface Begun {
  text: string;
  /** Where it has been sent. */
  sent?: Promise<unknown>;
}

function tooLate(text: string): Error {
  return new Error(
    `${excerpt(text)} was not sent: the function that it belongs to had come back, and counted as done`,
  );
}

const NOTHING: Answer = { command: '', rowCount: null, rows: [], fields: [] };

type Callback = (error: unknown, answer?: Answer) => void;

function isSubmittable(query: unknown): query is Submittable {
  return typeof query === 'object' && query !== null && 'submit' in query;
}

function isConfig(config: unknown): config is { text: string; values?: unknown[] } {
  return typeof config === 'object' && config !== null && 'text' in config;
}
