import type { Connection, Submittable } from 'pg';
import type { Client } from './connect.js';

/** How far the server came with the statements of one message; it runs none after one that fails. */
export interface Progress {
  /** What it says of each that has run: 'CREATE TABLE', 'COMMIT', 'INSERT 0 1'. */
  done: string[];
  error?: unknown;
}

/** Sends statements in one message. Of one that fails the driver itself does not tell which have gone through. */
export function sendScript(client: Client, statements: readonly string[]): Promise<Progress> {
  return new Promise((resolve) => void client.query(new Script(statements.join('; '), resolve)));
}

class Script implements Submittable {
  readonly #done: string[] = [];

  constructor(
    readonly text: string,
    readonly end: (progress: Progress) => void,
  ) {}

  submit(connection: Connection) {
    connection.query(this.text);
  }

  handleRowDescription() {}

  handleDataRow() {}

  handleCommandComplete({ text }: { text: string }) {
    this.#done.push(text);
  }

  handleError(error: unknown) {
    this.end({ done: this.#done, error });
  }

  handleReadyForQuery() {
    this.end({ done: this.#done });
  }
}
