import type { OnEvent } from '../../events.js';
import type { Client } from '../../postgres/connect.js';
import type { Database } from '../../postgres/database.js';
import type { Session } from '../../postgres/session.js';
import type { WorkRunner } from '../../postgres/work.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Gate } from './gate.js';
import type { Watch } from './watch.js';

/** What migrations run on. */
export interface Bench {
  database: Database;
  client: Client;
  ledger: Ledger;
  session: Session;
  runner: WorkRunner;
  /** How often a file is tried that a lock is in the way of. */
  lockAttempts: number;
  /** All files in one transaction, which none of them may be outside of. */
  together?: boolean | undefined;
  /** Has the last word on what is committed. */
  gate?: Gate | undefined;
  watch?: Watch | undefined;
  onEvent: OnEvent;
  signal?: AbortSignal | undefined;
}
