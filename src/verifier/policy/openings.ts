import type { Policy } from '../../catalog/snapshot.js';
import type { ClassifiedRelation } from '../../tenancy/model.js';
import type { Subject } from '../check.js';
import { once } from '../once.js';
import { bypassReason } from '../reach.js';
import { type Command, EXPRESSIONS, type Expression } from './applying.js';
import { type Branch, branchesOf, roleOf } from './combine.js';
import { type Kind, kindOf } from './kinds.js';
import type { How } from './reason/decide.js';
import type { Witness } from './reason/witness.js';

/** One expression of one policy that lets rows of other tenants through, for someone with the privilege to try. */
export interface Opening {
  policy: Policy;
  expression: Expression;
  /** null: only rows that belong to no tenant. */
  how: How | 'null';
  /** A row that comes through. */
  witness: Witness;
  commands: Command[];
  /** Roles for which it holds, PUBLIC as 'public'. */
  actors: string[];
}

/** What one branch was found to be, for everyone and every command that it counts for. */
export interface Judged extends Branch {
  command: Command;
  expression: Expression;
  actor: string;
}

/** What each permissive policy lets through, for each of the application's roles and each command it has the privilege for. */
export function judgedOf(subject: Subject, classified: ClassifiedRelation): readonly Judged[] {
  return judged(kindOf(subject, classified));
}

const judged = once(judge);

function judge({ subject, classified }: Kind): readonly Judged[] {
  const { relation } = classified;
  if (!relation.rowSecurity || relation.policies.length === 0) return [];
  return subject.app.actors.flatMap((actor) => {
    const privileges = subject.app.privilegesAs(actor, relation);
    // Whom policies do not bind, other checks name.
    if (privileges.size === 0 || bypassReason(subject.snapshot, actor.name, relation)) return [];
    return EXPRESSIONS.filter(([command]) => privileges.has(command.toUpperCase())).flatMap(
      ([command, expression]) =>
        branchesOf(subject, classified, roleOf(actor), command, expression).map((branch) => ({
          ...branch,
          ...{ command, expression, actor: actor.name },
        })),
    );
  });
}

/** What the policies of a relation let through, by the policy that does. */
export function openingsOf(subject: Subject, classified: ClassifiedRelation): readonly Opening[] {
  return opened(kindOf(subject, classified));
}

const opened = once((kind: Kind): readonly Opening[] => {
  const openings: Opening[] = [];
  for (const { policy, expression, command, actor, decided } of judged(kind)) {
    const { finding, tenantless } = decided;
    const [how, witness] =
      finding.outcome === 'refuted' ? [finding.how, finding.witness] : ['null' as const, tenantless];
    // A policy without WITH CHECK is judged by its USING: what that lets be found is reported already.
    const isReported = how === 'null' || how === 'unset' || openings.some((each) => each.policy === policy);
    if (policy[expression] === undefined && isReported) continue;
    if (witness) add(openings, { policy, expression, how, witness, commands: [command], actors: [actor] });
  }
  return openings;
});

function add(openings: Opening[], opening: Opening): void {
  const { policy, expression, how } = opening;
  const same = openings.find((o) => o.policy === policy && o.expression === expression && o.how === how);
  if (!same) openings.push(opening);
  else {
    same.commands = [...new Set([...same.commands, ...opening.commands])];
    same.actors = [...new Set([...same.actors, ...opening.actors])];
  }
}
