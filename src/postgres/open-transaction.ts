import { commit } from './commit.js';
import type { Client } from './connect.js';
import { rollBack } from './transaction.js';

/** How a transaction ends. */
export interface Ends {
  /** SQL that travels before COMMIT. */
  closing: string;
  /** Another one is opened right after it: its BEGIN travels behind COMMIT, and nobody waits for either. */
  follows: boolean;
  /** Called once it is committed. */
  done?: (() => void) | undefined;
}

/** The transaction before this one was not committed after all, and nothing of either is left. */
export class LateFailure extends Error {
  /** @param failure not a `cause`: what is read off the chain of causes belongs to the transaction before */
  constructor(readonly failure: unknown) {
    super('the transaction before this one could not be committed');
  }
}

/**
 * Opens a transaction for `use`, and commits it or, where that fails, rolls it back.
 *
 * @param use gets the COMMIT before it, where that is on its way still
 * @throws LateFailure, where the transaction before, which this one follows, failed at its COMMIT
 */
type OpenTransaction = (ends: Ends, use: (behind?: Promise<void>) => Promise<void>) => Promise<void>;

/** Makes what opens the transactions of a connection, one after another. */
export function transactionOpener(client: Client): OpenTransaction {
  let ahead: Promise<void> | undefined;

  const end = async ({ closing, follows, done }: Ends): Promise<void> => {
    const going = commit(client, closing, follows).then(done);
    if (!follows) return going;
    ahead = going.catch((error: unknown) => Promise.reject(new LateFailure(error)));
    // The one that follows hears of it.
    ahead.catch(() => {});
  };

  return async (ends, use) => {
    const behind = ahead;
    ahead = undefined;
    if (!behind) await client.query('begin');
    try {
      await use(behind);
    } catch (error) {
      // Where the one before has failed, nothing is open, and that is the failure.
      await behind;
      await rollBack(client);
      throw error;
    }
    await end(ends);
  };
}
