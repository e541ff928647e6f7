import { quoteIdent } from '../../../identifiers.js';
import type { Identity } from './identity.js';

/** Why a login cannot prove anything, and what to do. */
export interface UnfitLogin {
  reason: string;
  remedy: string;
  /** Set where the app role itself opens every row, whatever the policies say. */
  bypass?: string | undefined;
}

export const NO_LOGIN: UnfitLogin = {
  reason: "without the app's own login nothing can be proven: whoever audits may see every row",
  remedy: "tenantctl create-app-role --generate-password, or APP_DATABASE_URL with the application's login",
};

/**
 * Whether a login is the application's and bound by policies.
 *
 * @param place where the auditor is connected to
 * @returns why it proves nothing; undefined where it does
 */
export function judgeLogin(identity: Identity, appRole: string, place: string): UnfitLogin | undefined {
  const { sessionUser, currentUser, superuser, bypassRls } = identity;
  const power = superuser ? 'is a superuser' : bypassRls ? 'has BYPASSRLS' : undefined;
  if (identity.place !== place) {
    return {
      reason: "the app's login leads to another database, or another server, than the audit",
      remedy: 'let APP_DATABASE_URL name the same server and database as DATABASE_URL',
    };
  }
  if (sessionUser !== appRole) {
    return {
      reason: `the login is ${sessionUser}${power ? `, which ${power}` : ''}, and not the app role ${appRole}`,
      remedy: `tenantctl create-app-role --generate-password, or APP_DATABASE_URL with the login of ${appRole}`,
    };
  }
  if (power !== undefined) {
    const bypass = `${appRole} ${power}`;
    const remedy = `ALTER ROLE ${quoteIdent(appRole)} ${superuser ? 'NOSUPERUSER' : 'NOBYPASSRLS'}`;
    return { reason: `${bypass}, so that no policy binds it`, remedy, bypass };
  }
  if (currentUser !== sessionUser) {
    return {
      reason: `the login ${sessionUser} begins as ${currentUser}: policies see another role than the one that logs in`,
      remedy: `ALTER ROLE ${quoteIdent(sessionUser)} RESET role, so that the session is the login itself`,
    };
  }
  return undefined;
}
