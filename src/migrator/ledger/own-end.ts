import type { Around } from '../../postgres/around.js';
import type { Client } from '../../postgres/connect.js';
import { AS_OURSELVES, asOurselves } from '../../postgres/session.js';
import { transactionControl } from '../../postgres/statement-kind.js';

/**
 * Notes that a file is begun, where its code is about to end by itself the transaction that it runs in, and in that very
 * transaction: what it did until then stays, whatever becomes of the rest. A ROLLBACK takes the note along; but what the
 * code does then, outside any transaction, stays as well, and is noted before. Of other files in transactions nothing can
 * stay but all of it, with its record.
 *
 * @param mark SQL that notes it
 */
export function noteBeforeOwnEnd(client: Client, mark: string): Around {
  let outside = false;
  return async ({ text }, send) => {
    const status = client.getTransactionStatus();
    const control = status === 'T' && MAY_END.test(text) ? await transactionControl(text) : undefined;
    if (control === 'prepare') throw new Error(PREPARES);
    if (control === 'transaction') await asOurselves(client, mark);
    if (status === 'I' && !outside) {
      outside = true;
      await client.query(`begin; ${AS_OURSELVES}; ${mark}; commit`);
    }
    return send();
  };
}

/** What it has done would be neither committed nor undone, and hold its locks until somebody ends it by hand. */
const PREPARES =
  'it sends PREPARE TRANSACTION, which takes the transaction that it runs in away from its record';

/** Of all that does, and of little else, which the parser then tells apart. */
const MAY_END = /\b(commit|end|rollback|abort|prepare)\b/i;
