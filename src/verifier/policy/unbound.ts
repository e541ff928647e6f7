import { inheritedRoles } from '../../catalog/roles.js';
import type { Relation } from '../../catalog/snapshot.js';
import type { Subject } from '../check.js';
import { once, onceForText } from '../once.js';
import { bypassReason } from '../reach.js';
import { applying, type Command, EXPRESSIONS } from './applying.js';
import { branchesOf, roleOf } from './combine.js';
import type { Role } from './reason/scope.js';

/** What runs as a role: in a function it is the current user as well, in a view or a rule that stays the caller. */
export type Runs = 'function' | 'view';

/**
 * Why what runs as a role is not held to the tenant on a table, in words: policies do not bind it, or they let it through
 * and not the application. undefined where it is held as the application is.
 */
export function unboundReason(
  subject: Subject,
  role: string,
  relation: Relation,
  runs: Runs,
): string | undefined {
  return bypassReason(subject.snapshot, role, relation) ?? opened(subject)(relation)[runs](role);
}

const opened = once((subject: Subject) =>
  once((relation: Relation) => ({
    function: onceForText((role) => openedReason(subject, role, relation, 'function')),
    view: onceForText((role) => openedReason(subject, role, relation, 'view')),
  })),
);

function openedReason(subject: Subject, name: string, relation: Relation, runs: Runs): string | undefined {
  const known = subject.classified(relation.oid);
  if (known?.class !== 'tenant' && known?.class !== 'root') return undefined;
  const role: Role = { name, inherits: inheritedRoles(subject.snapshot, name) };
  const actors = subject.app.actors.map(roleOf);
  for (const [command, expression] of EXPRESSIONS) {
    const own = policiesFor(relation, role, command);
    const isSame = actors.some((actor) => policiesFor(relation, actor, command) === own);
    // By what counts for the application, too, its own policies are judged, unless they ask who the current user is.
    if (isSame && runs === 'view') continue;
    const forApplication = actors.flatMap((actor) => branchesOf(subject, known, actor, command, expression));
    const open = branchesOf(subject, known, role, command, expression).find(
      ({ policy, decided: { finding } }) =>
        finding.outcome !== 'proved' &&
        !forApplication.some(
          (each) => each.policy === policy && each.decided.finding.outcome === finding.outcome,
        ),
    );
    if (open) return `policy ${open.policy.name} of ${relation.name} lets ${name} through`;
  }
  return undefined;
}

function policiesFor(relation: Relation, role: Role, command: Command): string {
  const { permissive, floor } = applying(relation, role, command);
  return JSON.stringify([permissive, floor].map((policies) => policies.map((policy) => policy.name)));
}
