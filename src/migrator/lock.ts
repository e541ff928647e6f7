import { TenantctlError } from '../errors.js';
import type { OnEvent } from '../events.js';
import { displayName, quoteName } from '../identifiers.js';
import { announceWait, withAdvisoryLock } from '../postgres/advisory-lock.js';
import type { Client } from '../postgres/connect.js';
import type { History } from './history.js';
import { type Ledger, lockTable } from './ledger.js';

export interface LockWait {
  lockWaitMs: number;
  onEvent: OnEvent;
  signal?: AbortSignal | undefined;
}

/**
 * Runs `work` while no other tenantctl migrates or rolls back on this ledger.
 *
 * @throws TenantctlError retry, naming the holder
 */
export function withMigrationLock<T>(
  client: Client,
  ledger: Ledger,
  wait: LockWait,
  work: () => Promise<T>,
): Promise<T> {
  const name = `the migration lock of ${displayName(ledger)}`;
  return withAdvisoryLock(
    client,
    {
      name,
      key: `migrations ${quoteName(ledger)}`,
      waitMs: wait.lockWaitMs,
      signal: wait.signal,
      onWait: announceWait(name, wait.onEvent),
    },
    work,
  );
}

/** @throws TenantctlError retry, where the knex CLI holds its own lock, or left it behind */
export function refuseKnexLock(history: History, ledger: Ledger): void {
  if (!history.knexLocked) return;
  const lock = quoteName(lockTable(ledger));
  throw new TenantctlError({
    kind: 'retry',
    code: 'KNEX_LOCKED',
    message: `Cannot change the schema: is_locked = 1 in ${lock}: the knex CLI is at work, or was killed and left it.`,
    hint: 'wait for it; where no knex process is left, `npx knex migrate:unlock`',
  });
}
