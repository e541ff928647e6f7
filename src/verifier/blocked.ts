import type { Relation } from '../catalog/snapshot.js';
import type { Subject } from './check.js';
import { type Actor, bypassReason } from './reach.js';

/** Privileges on a relation that the application can really use: not those that row security denies for lack of a policy. */
export function usablePrivileges(subject: Subject, relation: Relation): string[] {
  const used = subject.app.actors.flatMap((actor) =>
    [...subject.app.privilegesAs(actor, relation)].filter(
      (privilege) => !isBlocked(subject, actor, relation, privilege),
    ),
  );
  return [...new Set(used)];
}

/** Those of them that change rows. */
export function writesOf(subject: Subject, relation: Relation): string[] {
  return usablePrivileges(subject, relation).filter((privilege) =>
    ['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'].includes(privilege),
  );
}

/** Row security denies a command that no permissive policy is for. */
function isBlocked(subject: Subject, actor: Actor, relation: Relation, privilege: string): boolean {
  const command = privilege.toLowerCase();
  if (!['select', 'insert', 'update', 'delete'].includes(command)) return false;
  if (bypassReason(subject.snapshot, actor.name, relation) !== undefined) return false;
  return !relation.policies.some(
    (policy) =>
      policy.permissive &&
      (policy.command === 'all' || policy.command === command) &&
      policy.roles.some((role) => role === 'public' || actor.inherits.has(role)),
  );
}
