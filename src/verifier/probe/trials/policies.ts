import type { PolicyCommand, Relation } from '../../../catalog/snapshot.js';
import { quoteIdent, quoteName } from '../../../identifiers.js';
import type { ClassifiedRelation } from '../../../tenancy/model.js';
import { findAll, textsOf } from '../../policy/nodes.js';
import { loadSqlParser, type SqlParser } from '../../policy/parse.js';
import type { Statement } from '../session/attempt.js';
import type { RowValues } from '../world/world.js';

/** The four decisions that the policies of a relation take about a row. */
export const DECISIONS = ['select', 'insert', 'update', 'delete'] as const;

export type Decision = (typeof DECISIONS)[number];

/**
 * Has the server evaluate the policies of a relation on a row that is given as values, combined as PostgreSQL combines
 * them: permissive ones by OR, restrictive ones by AND. This stands in where no row can be seen: a session whose context
 * was never set cannot see rows made in another session's open transaction. Each decision is a statement of its own: an
 * error in one must not pass for a refusal by another.
 *
 * @param roles the roles whose privileges the login has without doing anything
 * @returns a statement that answers 'true' or 'false'
 */
export function policyEvaluation(
  relation: Relation,
  roles: ReadonlySet<string>,
  decision: Decision,
  row: RowValues,
): Statement {
  const fields = relation.columns.map((column, index) => `$${index + 1}::${column.type}`);
  return {
    text: `select (${combined(relation, roles, decision)})::text
      from pg_catalog.unnest(array[row(${fields.join(', ')})::${quoteName(relation)}]) as ${quoteIdent(relation.name)}`,
    values: relation.columns.map(({ name }) => row.get(name) ?? null),
    shown: `the policies of ${quoteName(relation)} for ${decision.toUpperCase()}, evaluated on a row of a tenant`,
  };
}

/**
 * Whether all that policies see of a row is whose it is. Then they say the same to each row of a tenant, as long as the
 * context stays the same, and what else they look at.
 */
export async function seeOnlyTenant({ relation, tenantColumn }: ClassifiedRelation): Promise<boolean> {
  if (tenantColumn === undefined) return false;
  sql ??= loadSqlParser();
  const { expression } = await sql;
  const texts = relation.policies.flatMap(({ using, check }) => [using, check]).flatMap((text) => text ?? []);
  return texts.every((text) => {
    const tree = expression(text);
    // A row as a whole goes by the name of its relation, or by a star.
    return tree && findAll(tree, 'ColumnRef').every(({ fields }) => textsOf(fields).at(-1) === tenantColumn);
  });
}

let sql: Promise<SqlParser> | undefined;

/** Whether row level security binds a login with these roles: an owner is exempt unless it is forced. */
export function isGuarded(relation: Relation, roles: ReadonlySet<string>): boolean {
  return relation.rowSecurity && (relation.forceRowSecurity || !roles.has(relation.owner));
}

/** Whether policies let the roles reach any row at all, by any command: without a permissive one all is refused. */
export function admitsNobody(relation: Relation, roles: ReadonlySet<string>): boolean {
  return DECISIONS.every((decision) => expressions(relation, roles, decision, true).length === 0);
}

function combined(relation: Relation, roles: ReadonlySet<string>, decision: Decision): string {
  const permissive = expressions(relation, roles, decision, true);
  if (permissive.length === 0) return 'false';
  return [`(${permissive.join(' or ')})`, ...expressions(relation, roles, decision, false)].join(' and ');
}

function expressions(
  relation: Relation,
  roles: ReadonlySet<string>,
  decision: Decision,
  permissive: boolean,
): string[] {
  const commands: PolicyCommand[] = ['all', decision];
  return (
    relation.policies
      .filter((policy) => policy.permissive === permissive && commands.includes(policy.command))
      .filter((policy) => policy.roles.some((role) => role === 'public' || roles.has(role)))
      // A policy without an expression adds nothing: FOR INSERT without WITH CHECK allows no row.
      .flatMap(({ using, check }) => (decision === 'insert' ? (check ?? using) : using) ?? [])
      .map((expression) => `coalesce((${expression}), false)`)
  );
}
