import type { Drift } from '../catalog/fingerprint/drift.js';
import { readDrift } from '../catalog/fingerprint/read-drift.js';
import { acceptDrift as accept } from '../catalog/fingerprint/take.js';
import type { MigrationsConfig } from '../config/config.js';
import { TenantctlError } from '../errors.js';
import type { Client } from '../postgres/connect.js';
import type { Database } from '../postgres/database.js';
import { locateLedger } from './ledger/ledger.js';
import { type LockWait, withMigrationLock } from './lock/lock.js';

export interface AcceptDriftOptions extends LockWait {
  migrations: MigrationsConfig;
  /** Kept with the fingerprint. */
  reason: string;
  dryRun: boolean;
}

/** What `migrate repair --accept-drift` did; the fields of its JSON document. */
export interface AcceptedDrift {
  dryRun: boolean;
  /** It is about no migration. */
  name: null;
  was: 'drift';
  now: 'accepted';
  reason: string;
  drift: Drift[];
}

/**
 * Declares that the schema as it is now is right, whoever changed it; records who decided so, when and why.
 *
 * @throws TenantctlError usage: there is no drift, or it cannot be told; retry: the lock
 */
export async function acceptDrift(database: Database, options: AcceptDriftOptions): Promise<AcceptedDrift> {
  const { dryRun, reason } = options;
  const result = (drift: Drift[]): AcceptedDrift => ({
    ...{ dryRun, name: null, was: 'drift', now: 'accepted', reason, drift },
  });
  return database.connect(async (client) => {
    if (dryRun) return result(await requireDrift(client));
    const ledger = await locateLedger(client, options.migrations);
    return withMigrationLock(database, client, ledger, options, async () => {
      await requireDrift(client);
      return result(await accept(client, 'migrate repair', reason));
    });
  });
}

async function requireDrift(client: Client): Promise<Drift[]> {
  const { state, drift } = await readDrift(client);
  if (drift.length > 0) return drift;
  const cause =
    state === 'comparable' ? 'the schema is as tenantctl left it' : 'what has drifted is not known just now';
  throw new TenantctlError({
    kind: 'usage',
    code: 'NO_DRIFT',
    message: `Cannot accept drift: ${cause}.`,
    hint: 'tenantctl status says what differs, or why it cannot tell',
  });
}
