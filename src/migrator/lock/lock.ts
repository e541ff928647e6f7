import type { OnEvent } from '../../events.js';
import { displayName, quoteName } from '../../identifiers.js';
import { announceWait, withAdvisoryLock } from '../../postgres/advisory-lock.js';
import type { Client } from '../../postgres/connect.js';
import type { Database } from '../../postgres/database.js';
import type { Ledger } from '../ledger/ledger.js';

export interface LockWait {
  lockWaitMs: number;
  onEvent: OnEvent;
  signal?: AbortSignal | undefined;
}

/** The key of the advisory lock. */
export function migrationLockKey(ledger: Ledger): string {
  return `migrations ${quoteName(ledger)}`;
}

/**
 * Runs `work` while no other tenantctl migrates or rolls back on this ledger.
 *
 * @throws TenantctlError retry, naming the holder; usage, behind a pooler in transaction mode
 */
export async function withMigrationLock<T>(
  database: Database,
  client: Client,
  ledger: Ledger,
  wait: LockWait,
  work: () => Promise<T>,
): Promise<T> {
  const name = `the migration lock of ${displayName(ledger)}`;
  return withAdvisoryLock(
    database,
    client,
    {
      name,
      key: migrationLockKey(ledger),
      waitMs: wait.lockWaitMs,
      signal: wait.signal,
      onWait: announceWait(name, wait.onEvent),
    },
    work,
  );
}
