import type { Policy, Relation } from '../../catalog/snapshot.js';
import type { Role } from './reason/scope.js';

export type Command = 'select' | 'insert' | 'update' | 'delete';

/** USING decides about the rows a command finds, WITH CHECK about those it writes. */
export type Expression = 'using' | 'check';

export const EXPRESSIONS: readonly (readonly [Command, Expression])[] = [
  ['select', 'using'],
  ['insert', 'check'],
  ['update', 'using'],
  ['update', 'check'],
  ['delete', 'using'],
];

/** The text that decides; a policy without WITH CHECK is one with its USING. */
export function textOf(policy: Policy, expression: Expression): string | undefined {
  return expression === 'check' ? (policy.check ?? policy.using) : policy.using;
}

/** The policies that count for a role and a command. */
export function applying(
  relation: Relation,
  role: Role,
  command: Command,
): { permissive: Policy[]; floor: Policy[] } {
  const policies = relation.policies.filter(
    (policy) =>
      (policy.command === 'all' || policy.command === command) &&
      policy.roles.some((name) => name === 'public' || role.inherits.has(name)),
  );
  return {
    permissive: policies.filter(({ permissive }) => permissive),
    floor: policies.filter(({ permissive }) => !permissive),
  };
}
