import type { MigrationsConfig } from '../../config/config.js';
import { TenantctlError } from '../../errors.js';
import type { OnEvent } from '../../events.js';
import { quoteName } from '../../identifiers.js';
import { findLockHolder } from '../../postgres/advisory-lock.js';
import type { Client } from '../../postgres/connect.js';
import type { Database } from '../../postgres/database.js';
import { sqlState } from '../../postgres/errors.js';
import {
  describeSession,
  findOtherPrograms,
  findWriters,
  type Session,
  terminateSession,
} from '../../postgres/sessions.js';
import { HOLDER, type Ledger, locateLedger, lockTable } from '../ledger/ledger.js';
import { migrationLockKey } from './lock.js';

export interface UnlockOptions {
  migrations: MigrationsConfig;
  dryRun: boolean;
  onEvent: OnEvent;
  /** Asked before anything is done; throws to refuse. */
  approve: (plan: UnlockResult) => Promise<void>;
}

/** What `migrate unlock` did; the fields of its JSON document. */
export interface UnlockResult {
  dryRun: boolean;
  /** The sessions that hold a lock, which were ended. */
  holders: Session[];
  /** knex's own lock was set. */
  knexLocked: boolean;
  /** Where another program set it: sessions that it may be, which are left alone. */
  suspects: Session[];
}

/**
 * Frees the migration lock and knex's own: ends the sessions that hold them, and clears is_locked. Who only may have set
 * is_locked is named and left alone.
 *
 * @throws TenantctlError privilege, where this role may not end a session; retry, where one does not end
 */
export async function unlock(database: Database, options: UnlockOptions): Promise<UnlockResult> {
  return database.connect(async (client) => {
    const ledger = await locateLedger(client, options.migrations);
    const { result, versions } = await look(client, ledger, options.dryRun);
    if (options.dryRun || !isLocked(result)) return result;
    await options.approve(result);
    for (const session of result.holders) await end(client, session, options.onEvent);
    if (versions.length > 0) await clear(client, ledger, versions);
    return result;
  });
}

/** Whether there is anything to unlock. */
export function isLocked({ holders, knexLocked }: UnlockResult): boolean {
  return holders.length > 0 || knexLocked;
}

async function look(client: Client, ledger: Ledger, dryRun: boolean) {
  const lock = quoteName(lockTable(ledger));
  const { versions, foreign } = await readLock(client, ledger);
  const holder = await findLockHolder(client, migrationLockKey(ledger));
  const writers = (await findWriters(client, lock)).filter(({ pid }) => pid !== holder?.pid);
  const holders = [...(holder ? [holder] : []), ...writers];
  const pids = new Set(holders.map(({ pid }) => pid));
  const suspects = foreign ? (await findOtherPrograms(client)).filter(({ pid }) => !pids.has(pid)) : [];
  const result: UnlockResult = { dryRun, holders, knexLocked: versions.length > 0, suspects };
  return { result, versions };
}

/** The rows of knex's lock that are set, as they were set, and whether by another program than tenantctl. */
async function readLock(client: Client, ledger: Ledger): Promise<{ versions: string[]; foreign: boolean }> {
  const lock = quoteName(lockTable(ledger));
  const { rows: present } = await client.query<{ lock: boolean; holder: boolean }>(
    'select to_regclass($1) is not null as lock, to_regclass($2) is not null as holder',
    [lock, HOLDER],
  );
  if (!present[0]?.lock) return { versions: [], foreign: false };
  const { rows } = await client.query<{ version: string }>(
    `select xmin::text as version from ${lock} where is_locked = 1`,
  );
  const versions = rows.map(({ version }) => version);
  const ours = present[0].holder
    ? await client.query<{ version: string }>(
        `select row_version as version from ${HOLDER} where ledger = $1`,
        [quoteName(ledger)],
      )
    : { rows: [] };
  const known = new Set(ours.rows.map(({ version }) => version));
  return { versions, foreign: versions.some((version) => !known.has(version)) };
}

async function end(client: Client, session: Session, onEvent: OnEvent): Promise<void> {
  const gone = await terminateSession(client, session).catch((error: unknown) => {
    if (sqlState(error) !== '42501') throw error;
    throw new TenantctlError({
      kind: 'privilege',
      code: 'MAY_NOT_TERMINATE',
      message: `Cannot end ${describeSession(session)}: ${error instanceof Error ? error.message : String(error)}.`,
      hint: `as its own role, or as a member of pg_signal_backend: SELECT pg_terminate_backend(${session.pid})`,
      cause: error,
    });
  });
  if (gone) return onEvent({ kind: 'info', text: `Ended ${describeSession(session)}.` });
  throw new TenantctlError({
    kind: 'retry',
    code: 'STILL_THERE',
    message: `Cannot end ${describeSession(session)} within 5 s: it has been told to, and is still there.`,
    hint: 'tenantctl migrate unlock, once more',
  });
}

/** Only as it was seen: whoever has taken it since keeps it. */
async function clear(client: Client, ledger: Ledger, versions: readonly string[]): Promise<void> {
  await client.query(
    `update ${quoteName(lockTable(ledger))} set is_locked = 0 where is_locked = 1 and xmin::text = any($1)`,
    [versions],
  );
}
