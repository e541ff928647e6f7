import type { PolicyCommand, Relation } from '../../catalog/snapshot.js';
import { quoteIdent, quoteName } from '../../identifiers.js';
import type { Statement } from './session.js';
import type { RowValues } from './world.js';

/** The four decisions that the policies of a relation take about a row. */
export const DECISIONS = ['select', 'insert', 'update', 'delete'] as const;

export type Decision = (typeof DECISIONS)[number];

/**
 * Has the server evaluate the policies of a relation on a row that is given as values, combined as PostgreSQL combines
 * them: permissive ones by OR, restrictive ones by AND. This stands in where no row can be seen: a session whose context
 * was never set cannot see rows made in another session's open transaction.
 *
 * @param roles the roles whose privileges the login has without doing anything
 * @returns a statement whose one row says 'true' or 'false' for each of DECISIONS
 */
export function policyEvaluation(relation: Relation, roles: ReadonlySet<string>, row: RowValues): Statement {
  const known = relation.columns.map((column) => ({ column, value: row.get(column.name) ?? null }));
  const fields = known.map(({ column }, index) => `$${index + 1}::${column.type}`);
  const decisions = DECISIONS.map((decision) => combined(relation, roles, decision));
  return {
    text: `select ${decisions.map((decision) => `(${decision})::text`).join(', ')}
      from pg_catalog.unnest(array[row(${fields.join(', ')})::${quoteName(relation)}]) as ${quoteIdent(relation.name)}`,
    values: known.map(({ value }) => value),
    shown: `policies of ${quoteName(relation)}, evaluated on a row of another tenant`,
  };
}

function combined(relation: Relation, roles: ReadonlySet<string>, decision: Decision): string {
  const commands: PolicyCommand[] = ['all', decision];
  const policies = relation.policies.filter(
    (policy) =>
      commands.includes(policy.command) && policy.roles.some((role) => role === 'public' || roles.has(role)),
  );
  // A policy without an expression adds nothing: FOR INSERT without WITH CHECK allows no row.
  const conditions = (permissive: boolean) =>
    policies
      .filter((policy) => policy.permissive === permissive)
      .flatMap(({ using, check }) => (decision === 'insert' ? (check ?? using) : using) ?? [])
      .map((expression) => `coalesce((${expression}), false)`);
  const permissive = conditions(true);
  // Without a permissive policy nothing is allowed.
  if (permissive.length === 0) return 'false';
  return [`(${permissive.join(' or ')})`, ...conditions(false)].join(' and ');
}
