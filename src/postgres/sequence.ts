import type { Client } from './connect.js';
import { loadDriver } from './driver.js';
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

/** Sends statements which the server runs one after the other, up to the first that fails: the others it never runs. */
export type RunSequence = (
  client: Client,
  statements: readonly SequenceStatement[],
) => Promise<SequenceResult>;

/**
 * Statements that share one Sync. The driver asks the server for an answer to each by itself; what costs most where most
 * of them are small. Its way to be extended is a query object of one's own, which on a pipelined connection has to be a Query.
 */
export async function loadSequence(): Promise<RunSequence> {
  const { Query } = await loadDriver();
  const prepared = new Set<string>();

  class Sequence extends Query {
    readonly #answers: SequenceAnswer[] = [];
    readonly #statements: readonly SequenceStatement[];
    readonly #end: (result: SequenceResult) => void;
    #rows: (string | null)[][] = [];

    constructor(statements: readonly SequenceStatement[], end: (result: SequenceResult) => void) {
      super({ text: '' });
      this.#end = end;
      this.#statements = statements;
      this.submit = ({ stream }) => void stream.write(encodeSequence(statements, prepared));
    }

    // No row is described, as none is asked to be: as text each value says all.
    handleDataRow({ fields }: { fields: (string | null)[] }) {
      this.#rows.push(fields);
    }

    handleCommandComplete({ text }: { text: string }) {
      // `INSERT 0 1`, `SELECT 5`, `SAVEPOINT`
      const count = Number(text.slice(text.lastIndexOf(' ') + 1)) || 0;
      const { name } = this.#statements[this.#answers.length] ?? {};
      if (name !== undefined) prepared.add(name);
      this.#answers.push({ rows: this.#rows, count });
      this.#rows = [];
    }

    handleEmptyQuery() {
      this.#answers.push({ rows: [], count: 0 });
    }

    handleError(error: unknown) {
      this.#end({ answers: this.#answers, error });
    }

    handleReadyForQuery() {
      this.#end({ answers: this.#answers });
    }
  }

  return (client, statements) =>
    new Promise((resolve) => void client.query(new Sequence(statements, resolve)));
}
