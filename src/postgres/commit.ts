import type { Connection, Submittable } from 'pg';
import type { Client } from './connect.js';
import { rollBack } from './transaction.js';

/**
 * Commits, and begins the next transaction, in one message.
 *
 * @param closing SQL that travels before COMMIT, or ''
 * @param follows whether the next transaction is to be begun
 * @throws the server's error where nothing was committed; no transaction is open then
 */
export async function commit(client: Client, closing: string, follows: boolean): Promise<void> {
  const text = [...(closing ? [closing] : []), 'commit', ...(follows ? ['begin'] : [])].join('; ');
  const { committed, error } = await send(client, text);
  if (!committed) {
    // Where one statement of a message fails, those after it are not run; COMMIT of a transaction that has failed before
    // is a ROLLBACK, and no error.
    await rollBack(client);
    throw (
      error ?? new Error('one of its statements had failed, and PostgreSQL has rolled the transaction back')
    );
  }
  // A cancel request came between the two.
  if (error !== undefined && follows) await client.query('begin');
}

interface Outcome {
  committed: boolean;
  error?: unknown;
}

function send(client: Client, text: string): Promise<Outcome> {
  return new Promise((resolve) => void client.query(new Commit(text, resolve)));
}

/** Of a message that fails the driver itself does not tell which of its statements have gone through. */
class Commit implements Submittable {
  #committed = false;

  constructor(
    readonly text: string,
    readonly end: (outcome: Outcome) => void,
  ) {}

  submit(connection: Connection) {
    connection.query(this.text);
  }

  handleRowDescription() {}

  handleDataRow() {}

  handleCommandComplete({ text }: { text: string }) {
    // Of a transaction that had failed, it would be ROLLBACK.
    this.#committed ||= text === 'COMMIT';
  }

  handleError(error: unknown) {
    this.end({ committed: this.#committed, error });
  }

  handleReadyForQuery() {
    this.end({ committed: this.#committed });
  }
}
