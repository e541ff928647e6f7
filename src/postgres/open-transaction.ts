import type { Answer, Stand } from './around.js';
import { commit } from './commit.js';
import type { Client } from './connect.js';
import type { Knex } from './knex.js';
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

/** @param lent knex's object for the transaction, where knex has opened it */
type Use = (lent?: Knex) => Promise<void>;

/**
 * Opens a transaction for `use`, and commits it or, where that fails, rolls it back.
 *
 * @param opener where knex opens it, so that its works get knex's own object
 * @throws LateFailure, where the transaction before, which this one follows, failed at its COMMIT
 */
type OpenTransaction = (opener: Knex | undefined, ends: Ends, use: Use) => Promise<void>;

/** Makes what opens the transactions of a connection, one after another. */
export function transactionOpener(client: Client, stand: Stand): OpenTransaction {
  let ahead: Promise<void> | undefined;

  const end = async ({ closing, follows, done }: Ends): Promise<void> => {
    const going = commit(client, closing, follows).then(done);
    if (!follows) return going;
    ahead = going.catch((error: unknown) => Promise.reject(new LateFailure(error)));
    // The one that follows hears of it.
    ahead.catch(() => {});
  };

  const plainly = async (ends: Ends, behind: Promise<void> | undefined, use: Use): Promise<void> => {
    if (!behind) await client.query('begin');
    try {
      await use();
    } catch (error) {
      await undo(behind);
      throw error;
    }
    await end(ends);
  };

  const byKnex = async (
    opener: Knex,
    ends: Ends,
    behind: Promise<void> | undefined,
    use: Use,
  ): Promise<void> => {
    stand.around = async ({ text }, send) => {
      if (text === 'BEGIN;') return behind ? DONE : send();
      if (text === 'COMMIT;') await end(ends);
      else if (text === 'ROLLBACK') await undo(behind);
      else return send();
      return DONE;
    };
    try {
      await opener.transaction(use);
    } finally {
      stand.around = undefined;
    }
  };

  /** Where the one before has failed, nothing is open. */
  const undo = async (behind: Promise<void> | undefined): Promise<void> => {
    await behind?.catch(() => {});
    await rollBack(client);
  };

  return async (opener, ends, use) => {
    const behind = ahead;
    ahead = undefined;
    stand.behind = behind;
    behind?.then(
      () => {
        stand.behind = undefined;
      },
      () => {},
    );
    try {
      await (opener ? byKnex(opener, ends, behind, use) : plainly(ends, behind, use));
    } catch (error) {
      await behind;
      throw error;
    } finally {
      stand.behind = undefined;
    }
  };
}

const DONE: Answer = { command: '', rowCount: null, rows: [], fields: [] };
