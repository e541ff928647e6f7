import type { Client } from '../../postgres/connect.js';
import { sqlState } from '../../postgres/errors.js';
import { withTransaction } from '../../postgres/transaction.js';
import { compareSchema, prepareReading } from './compare.js';
import { type Drift, driftOf } from './drift.js';
import { ABSENT, type FingerprintHead, type FingerprintState, readHead } from './state.js';

/** What became of the schema since tenantctl left it. */
export interface SchemaDrift extends Omit<FingerprintHead, 'state'> {
  /** 'locked': somebody keeps a table locked, so that it cannot be read. 'denied': this role may not read the fingerprint. */
  state: FingerprintState | 'locked' | 'denied';
  /** Empty unless the two are comparable. */
  drift: Drift[];
}

const UNREADABLE: Partial<Record<string, 'locked' | 'denied'>> = { '55P03': 'locked', '42501': 'denied' };

/** Compares the schema with its fingerprint, where that can be done. Writes nothing. */
export async function readDrift(client: Client): Promise<SchemaDrift> {
  let head = ABSENT;
  try {
    return await withTransaction(client, 'repeatable read, read only', async () => {
      head = await readHead(client);
      if (head.state !== 'comparable') return { ...head, drift: [] };
      const seen = await prepareReading(client);
      return { ...head, drift: driftOf(await compareSchema(client, seen)) };
    });
  } catch (error) {
    const state = UNREADABLE[sqlState(error) ?? ''];
    if (state === undefined) throw error;
    return { ...head, state, drift: [] };
  }
}
