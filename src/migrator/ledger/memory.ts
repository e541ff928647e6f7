import { createHash } from 'node:crypto';
import type { Sent } from '../../postgres/around.js';

/** What an earlier run did of a file outside a transaction, before it stopped. */
export interface Past {
  /** The statements that were finished, in order, as `entryFor` writes them. */
  finished: readonly string[];
  /** The statement that was begun after them, if one was. */
  begun: string | undefined;
  /** Nobody saw that one end: it may be done. */
  inFlight: boolean;
  /** Of the file as it was. */
  checksum: string | undefined;
}

export const NO_PAST: Past = { finished: [], begun: undefined, inFlight: false, checksum: undefined };

export interface MemoryOptions {
  name: string;
  /** A .sql file does not look at what its statements return; code may. */
  kind: 'sql' | 'knex';
  /** Of the file as it is. */
  checksum: string;
  past: Past;
}

/** What an earlier run has finished, and how far this one has come in it. */
export class Memory {
  /** The code has looked at the database in this run, and may leave out what it sees is done. */
  asked = false;
  #left: { text: string; print: string; rows: boolean; place: number }[];
  readonly #options: MemoryOptions;

  constructor(options: MemoryOptions) {
    this.#options = options;
    this.#left = options.past.finished.map((entry, index) => {
      const [print = '', rows] = entry.split(' ');
      return { print, text: print.split(':')[0] ?? '', rows: rows !== undefined, place: index + 1 };
    });
  }

  /**
   * Whether this statement is finished.
   *
   * @throws Error where that cannot be told, or its rows are wanted
   */
  recall(statement: Sent): boolean {
    const [first] = this.#left;
    if (!first) return false;
    const print = fingerprint(statement);
    const at = this.#adapts() ? this.#left.findIndex((each) => each.print === print) : 0;
    const found = this.#left[at];
    if (found?.print !== print) {
      const again = this.#left.some(({ text }) => text === print.split(':')[0]);
      if (this.#adapts() && !again) return false;
      throw this.#lost(first.place, 'is another one now, so that it cannot go on from there: restore it; or');
    }
    this.#left = this.#left.slice(at + 1);
    if (this.#options.kind === 'sql' || !found.rows) return true;
    throw this.#lost(found.place, 'returned rows that cannot be had again without doing it again:');
  }

  /** The first after those that are finished, begun and not seen to end. */
  mayBeDone({ text }: Sent): boolean {
    const { begun, inFlight } = this.#options.past;
    return inFlight && begun === text;
  }

  /** Unchanged code that looks before it acts leaves out what is done: it was not another statement that it began with. */
  #adapts(): boolean {
    return this.asked && this.#options.past.checksum === this.#options.checksum;
  }

  #lost(place: number, why: string): Error {
    const { name } = this.#options;
    return new Error(
      `its statement ${place}, finished by an earlier run, ${why} undo by hand what was finished, then \`tenantctl migrate repair --pending ${name} --reason "…"\`; or bring it to its end by hand, then --applied`,
    );
  }
}

/** Of the text and of the values: the same statement with other values is neither the same nor another one. */
export function fingerprint({ text, values }: Sent): string {
  const hash = (content: string) => createHash('sha256').update(content).digest('hex');
  return `${hash(text)}:${hash(JSON.stringify(values))}`;
}
