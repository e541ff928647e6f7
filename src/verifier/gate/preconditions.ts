import { TenantctlError } from '../../errors.js';
import { quoteIdent } from '../../identifiers.js';
import type { Client } from '../../postgres/connect.js';
import type { Database } from '../../postgres/database.js';
import type { TenancyConfig } from '../../tenancy/config.js';
import { readIdentity } from '../probe/session/identity.js';
import { judgeLogin, NO_LOGIN, type UnfitLogin } from '../probe/session/login.js';

export interface Preconditions {
  tenancy: TenancyConfig;
  auditor: Database;
  /** The application's own login. */
  app: Database | undefined;
}

/**
 * Sees to it, before anything is done, that the app role can be had, in the transaction and by a login of its own after
 * the commit: a run that can only end with "not proven" is better not begun.
 *
 * @throws TenantctlError inconclusive, with what is missing; unreachable and usage where the login cannot connect
 */
export async function requireAppRole({ tenancy, auditor, app }: Preconditions): Promise<void> {
  if (tenancy.isolation === 'application') return;
  if (!app) throw unprovable(NO_LOGIN);
  const identity = await app.connect(readIdentity);
  const role = tenancy.appRole ?? identity.sessionUser;
  const { place, mayBecome, migrator, perGrant } = await auditor.connect((client) =>
    lookAround(client, role),
  );
  const unfit = judgeLogin(identity, role, place);
  // A role with too much power is a hole, and one that the pending migrations may close.
  if (unfit && unfit.bypass === undefined) throw unprovable(unfit);
  if (mayBecome) return;
  throw unprovable({
    reason: `${migrator}, which migrates, may not become the app role ${role} to try what its transaction makes`,
    remedy: `GRANT ${quoteIdent(role)} TO ${quoteIdent(migrator)}${perGrant ? ' WITH INHERIT FALSE, SET TRUE' : ''}`,
  });
}

interface Surroundings {
  place: string;
  migrator: string;
  mayBecome: boolean;
  /** PostgreSQL 16+: whether a member may SET ROLE is a matter of each grant. */
  perGrant: boolean;
}

async function lookAround(client: Client, role: string): Promise<Surroundings> {
  const { place, sessionUser, superuser } = await readIdentity(client);
  const { rows } = await client.query<{ mayBecome: boolean; perGrant: boolean }>(
    `select v.per_grant as "perGrant",
        pg_catalog.pg_has_role(session_user, r.oid, case when v.per_grant then 'SET' else 'MEMBER' end) as "mayBecome"
      from pg_catalog.pg_roles r,
        (select pg_catalog.current_setting('server_version_num')::int >= 160000 as per_grant) v
      where r.rolname = $1`,
    [role],
  );
  const [found] = rows;
  const mayBecome = superuser || found?.mayBecome === true;
  return { place, migrator: sessionUser, mayBecome, perGrant: found?.perGrant === true };
}

function unprovable({ reason, remedy }: Pick<UnfitLogin, 'reason' | 'remedy'>): TenantctlError {
  return new TenantctlError({
    kind: 'inconclusive',
    code: 'NOT_PROVABLE',
    message: `Cannot verify what the migrations make of the database: ${reason}. Nothing was changed.`,
    hint: remedy,
  });
}
