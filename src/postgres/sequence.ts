import type { Client } from './connect.js';
import { loadDriver } from './driver.js';
import { sqlState } from './errors.js';
import { encodeSequence, type SequenceStatement } from './messages.js';

export interface SequenceAnswer {
  /** Every value as PostgreSQL writes it: a bigint or a timestamp does not pass through a JS number or Date. */
  rows: (string | null)[][];
  /** Rows returned, or rows changed. */
  count: number;
}

/** The answers up to the first statement that failed, and its error. */
export interface SequenceResult {
  answers: SequenceAnswer[];
  error?: unknown;
}

/**
 * Sends statements which the server runs one after the other, up to the first that fails: the others it never runs. It may
 * have to send them twice, so within a transaction the first of them has to take back what was sent before.
 */
export type RunSequence = (
  client: Client,
  statements: readonly SequenceStatement[],
) => Promise<SequenceResult>;

/** A statement goes by a name that the server does not know. */
const NOT_PREPARED = '26000';

/**
 * Statements that share one Sync. The driver asks the server for an answer to each by itself; what costs most where most
 * of them are small. Its way to be extended is a query object of one's own, which on a pipelined connection has to be a Query.
 *
 * A name counts as prepared as soon as that is on its way. Where it did not come to that, for something before it failed,
 * the server does not know what was sent meanwhile: that is sent again, and prepares all that it says by itself.
 */
export async function loadSequence(): Promise<RunSequence> {
  const { Query } = await loadDriver();
  /** Name → text. */
  const prepared = new Map<string, string>();

  class Sequence {
    readonly #answers: SequenceAnswer[] = [];
    readonly #statements: readonly SequenceStatement[];
    readonly #anew: boolean;
    readonly #end: (result: SequenceResult) => void;
    #parses: boolean[] = [];
    #rows: (string | null)[][] = [];

    constructor(
      statements: readonly SequenceStatement[],
      anew: boolean,
      end: (result: SequenceResult) => void,
    ) {
      this.#statements = statements;
      this.#anew = anew;
      this.#end = end;
    }

    submit({ stream }: Client['connection']): void {
      if (this.#anew) for (const { name = '' } of this.#statements) prepared.delete(name);
      this.#parses = this.#statements.map(prepare);
      stream.write(encodeSequence(this.#statements, this.#parses));
    }

    // No row is described, as none is asked to be: as text each value says all.
    handleDataRow({ fields }: { fields: (string | null)[] }) {
      this.#rows.push(fields);
    }

    handleCommandComplete({ text }: { text: string }) {
      // `INSERT 0 1`, `SELECT 5`, `SAVEPOINT`
      const count = Number(text.slice(text.lastIndexOf(' ') + 1)) || 0;
      this.#answers.push({ rows: this.#rows, count });
      this.#rows = [];
    }

    handleEmptyQuery() {
      this.#answers.push({ rows: [], count: 0 });
    }

    handleError(error: unknown) {
      const failed = this.#answers.length;
      for (const [index, { name, text }] of this.#statements.entries()) {
        const isLeftOut = index > failed && this.#parses[index];
        if (isLeftOut && name !== undefined && prepared.get(name) === text) prepared.delete(name);
      }
      this.#end({ answers: this.#answers, error });
    }

    handleReadyForQuery() {
      this.#end({ answers: this.#answers });
    }
  }

  // Not by its constructor, which sets up what takes in an answer to one statement.
  Object.setPrototypeOf(Sequence.prototype, Query.prototype);

  /** Whether the server is still to be told what the statement is; from now on it is not. */
  const prepare = ({ name, text }: SequenceStatement): boolean => {
    if (name === undefined) return true;
    if (prepared.get(name) === text) return false;
    prepared.set(name, text);
    return true;
  };
  const send = (client: Client, statements: readonly SequenceStatement[], anew: boolean) =>
    new Promise<SequenceResult>((resolve) => void client.query(new Sequence(statements, anew, resolve)));
  return async (client, statements) => {
    const result = await send(client, statements, false);
    return sqlState(result.error) === NOT_PREPARED ? send(client, statements, true) : result;
  };
}
