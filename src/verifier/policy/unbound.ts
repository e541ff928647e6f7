import { inheritedRoles } from '../../catalog/roles.js';
import type { Relation } from '../../catalog/snapshot.js';
import type { Subject } from '../check.js';
import { bypassReason } from '../reach.js';
import { applying, EXPRESSIONS } from './applying.js';
import { branchesOf } from './combine.js';
import type { Role } from './reason/scope.js';

/**
 * Why what runs as a role is not held to the tenant on a table, in words: policies do not bind it, or those that count for
 * it and not for the application let it through. undefined where it is held as the application is.
 */
export function unboundReason(subject: Subject, name: string, relation: Relation): string | undefined {
  return bypassReason(subject.snapshot, name, relation) ?? openedReason(subject, name, relation);
}

function openedReason(subject: Subject, name: string, relation: Relation): string | undefined {
  const known = subject.classified(relation.oid);
  if (known?.class !== 'tenant' && known?.class !== 'root') return undefined;
  const role: Role = { name, inherits: inheritedRoles(subject.snapshot, name) };
  for (const [command, expression] of EXPRESSIONS) {
    // By what counts for the application, too, its own policies are judged.
    const own = namesOf(relation, role, command);
    if (subject.app.actors.some((actor) => namesOf(relation, actor, command) === own)) continue;
    const open = branchesOf(subject, known, role, command, expression).find(
      ({ decided }) => decided.finding.outcome !== 'proved',
    );
    if (open) return `policy ${open.policy.name} of ${relation.name} lets ${name} through`;
  }
  return undefined;
}

function namesOf(relation: Relation, role: Role, command: (typeof EXPRESSIONS)[number][0]): string {
  const { permissive, floor } = applying(relation, role, command);
  return JSON.stringify([permissive, floor].map((policies) => policies.map((policy) => policy.name)));
}
