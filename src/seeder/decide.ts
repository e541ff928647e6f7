import type { Client } from '../postgres/connect.js';
import { withRollback } from '../postgres/transaction.js';
import type { SeedRecord } from './log.js';
import { type Presence, presenceOf } from './presence.js';

/** Why a seed is run; 'unchanged' why it is not. */
export type Reason = string;

export const UNCHANGED: Reason = 'unchanged';

/**
 * Decides whether a seed has to run. That it ran before counts for nothing unless the database still shows it: after
 * `rollback --all` and `migrate`, or a TRUNCATE, its rows are gone and its record is not.
 */
export async function reasonToRun(
  client: Client,
  checksum: string,
  record: SeedRecord | undefined,
): Promise<Reason> {
  if (!record) return 'new';
  if (record.checksum !== checksum) return 'changed';
  if (record.tables.length === 0) return 'it left no rows to look for';
  return withRollback(client, async () => {
    for (const { oid, name } of record.tables) {
      const presence = await presenceOf(client, oid);
      if (presence !== 'rows') return `${name} ${WORDS[presence]}`;
    }
    return UNCHANGED;
  });
}

const WORDS: Record<Exclude<Presence, 'rows'>, string> = {
  empty: 'is empty',
  gone: 'was made anew',
  hidden: 'may not be looked into',
};
