import { TenantctlError } from '../../errors.js';
import type { Database } from '../../postgres/database.js';
import type { TenancyConfig } from '../../tenancy/config.js';
import { readIdentity } from '../probe/identity.js';
import { judgeLogin, NO_LOGIN, type UnfitLogin } from '../probe/login.js';

export interface Preconditions {
  tenancy: TenancyConfig;
  auditor: Database;
  /** The application's own login. */
  app: Database | undefined;
}

/**
 * Sees to it, before anything is done, that the login is there that the proof after the commit needs: a run that can
 * only end with "not proven" is better not begun.
 *
 * @throws TenantctlError inconclusive, with what is missing; unreachable and usage where the login cannot connect
 */
export async function requireLogin({ tenancy, auditor, app }: Preconditions): Promise<void> {
  if (tenancy.isolation === 'application') return;
  if (!app) throw unprovable(NO_LOGIN);
  const { place } = await auditor.connect(readIdentity);
  const identity = await app.connect(readIdentity);
  const unfit = judgeLogin(identity, tenancy.appRole ?? identity.sessionUser, place);
  // A role with too much power is a hole, and one that the pending migrations may close.
  if (unfit && unfit.bypass === undefined) throw unprovable(unfit);
}

export function unprovable({ reason, remedy }: Pick<UnfitLogin, 'reason' | 'remedy'>): TenantctlError {
  return new TenantctlError({
    kind: 'inconclusive',
    code: 'NOT_PROVABLE',
    message: `Cannot verify what the migrations make of the database: ${reason}. Nothing was changed.`,
    hint: remedy,
  });
}
