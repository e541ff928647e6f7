import type { Client } from './connect.js';
import { sendScript } from './script.js';
import { rollBack } from './transaction.js';

/**
 * Commits, and begins the next transaction, in one message.
 *
 * @param closing SQL that travels before COMMIT, or ''
 * @param follows whether the next transaction is to be begun
 * @throws the server's error where nothing was committed; no transaction is open then
 */
export async function commit(client: Client, closing: string, follows: boolean): Promise<void> {
  const { done, error } = await sendScript(client, [
    ...(closing ? [closing] : []),
    'commit',
    ...(follows ? ['begin'] : []),
  ]);
  // Of a transaction that had failed before, it would be ROLLBACK, and no error.
  if (!done.includes('COMMIT')) {
    await rollBack(client);
    throw (
      error ?? new Error('one of its statements had failed, and PostgreSQL has rolled the transaction back')
    );
  }
  // A cancel request came between the two.
  if (error !== undefined && follows) await client.query('begin');
}
