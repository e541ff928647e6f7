import { reachableRoles } from '../catalog/roles.js';
import { quoteIdent } from '../identifiers.js';
import type { Subject } from './check.js';
import { once } from './once.js';

/** Who should own what the application must not: the owner of most tables that the application cannot become. */
export const betterOwner = once((subject: Subject): string | undefined => {
  const counts = new Map<string, number>();
  const { relations, schemas, database } = subject.snapshot;
  for (const owner of [
    ...relations.map((relation) => relation.owner),
    ...schemas.map((schema) => schema.owner),
    database.owner,
  ]) {
    // pg_database_owner can own a schema, but has no members to act through, and can own no database.
    if (!subject.app.becomes.has(owner) && owner !== 'pg_database_owner') {
      counts.set(owner, (counts.get(owner) ?? 0) + 1);
    }
  }
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
});

/** REVOKE of the memberships by which the app role gets to `target`. */
export function revokeMembership(subject: Subject, target: string): string | undefined {
  const { role } = subject.app;
  const steps = role?.memberOf.filter(
    ({ role: next }) => next === target || reachableRoles(subject.snapshot, next).has(target),
  );
  if (!role || !steps || steps.length === 0) return undefined;
  return steps.map((step) => `REVOKE ${quoteIdent(step.role)} FROM ${quoteIdent(role.name)};`).join('\n');
}
