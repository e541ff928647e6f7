import type { CatalogSnapshot, Relation } from '../../../catalog/snapshot.js';
import { quoteIdent } from '../../../identifiers.js';
import { reachOf } from '../../reach.js';
import type { Omission } from '../proof/proof.js';
import type { ProbeSession } from '../session/session.js';

/**
 * The role that the application's statements run as: whichever a SET ROLE of the context makes of the login, else the
 * login. The context stays set: what is asked next is asked as that role.
 *
 * @param tenant a key that no tenant has; one that exists is set where the context takes no other
 */
export async function actorIn(
  session: ProbeSession,
  tenant: string,
  existing: () => Promise<readonly string[] | undefined>,
  login: string,
): Promise<string> {
  const ask = (key: string) => session.as(key).keep({ text: 'select current_user' });
  let attempt = await ask(tenant);
  if (!attempt.ok) {
    const [key] = (await existing()) ?? [];
    if (key !== undefined) attempt = await ask(key);
  }
  return (attempt.ok ? attempt.rows[0]?.[0] : undefined) ?? login;
}

/** What is left open where the actor holds no privilege on a relation, but another role does that the login can become. */
export function untriedRole(
  snapshot: CatalogSnapshot,
  login: string,
  actor: string,
): (relation: Relation) => Omission | undefined {
  const reach = reachOf(snapshot, login);
  const others = reach.actors.filter(({ name }) => name !== login && name !== actor);
  return (relation) => {
    const other = others.find((one) => reach.privilegesAs(one, relation).size > 0);
    return (
      other && {
        what: 'SET ROLE',
        reason: `${login} may become ${other.name}, which holds privileges that ${actor} does not`,
        required: true,
        remedy: `let tenancy.context.sql begin with: set local role ${quoteIdent(other.name)}`,
      }
    );
  };
}
