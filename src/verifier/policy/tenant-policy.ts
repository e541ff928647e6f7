import { quoteIdent, quoteLiteral, quoteName } from '../../identifiers.js';
import type { ClassifiedRelation } from '../../tenancy/model.js';
import type { Fault, Subject } from '../check.js';
import { relationOf } from '../relations.js';
import { findAll } from './nodes.js';

/** The name that a policy made by a fix gets. */
const POLICY = 'tenant_isolation';

/** SQL that enables and forces row security, with a policy where there is none: without one the app is locked out. */
export function enableRls(fault: Fault, subject: Subject): string | undefined {
  const known = relationOf(subject, fault);
  if (!known) return undefined;
  const table = quoteName(known.relation);
  const statements = [`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;`];
  const predicate = tenantPredicate(subject, known);
  if (known.relation.policies.length === 0 && predicate !== undefined) {
    statements.push(
      `CREATE POLICY ${quoteIdent(POLICY)} ON ${table} USING (${predicate}) WITH CHECK (${predicate});`,
    );
  }
  return statements.join('\n');
}

/** SQL that gives the policy named by a fault the predicate it should have had. */
export function tightenPolicy(fault: Fault, subject: Subject): string | undefined {
  const known = relationOf(subject, fault);
  const policy = known?.relation.policies.find((candidate) => candidate.name === fault.part);
  const predicate = known && tenantPredicate(subject, known);
  if (!known || !policy || predicate === undefined) return undefined;
  const clauses = [
    policy.using === undefined ? '' : ` USING (${predicate})`,
    policy.check === undefined ? '' : ` WITH CHECK (${predicate})`,
  ];
  return `ALTER POLICY ${quoteIdent(policy.name)} ON ${quoteName(known.relation)}${clauses.join('')};`;
}

/** The same for what may be written; where USING was all there was, it goes on deciding about what is found. */
export function tightenCheck(fault: Fault, subject: Subject): string | undefined {
  const known = relationOf(subject, fault);
  const policy = known?.relation.policies.find((candidate) => candidate.name === fault.part);
  if (policy?.check !== undefined) return tightenPolicy(fault, subject);
  const predicate = known && tenantPredicate(subject, known);
  if (!known || !policy || predicate === undefined) return undefined;
  const table = quoteName(known.relation);
  return `ALTER POLICY ${quoteIdent(policy.name)} ON ${table} WITH CHECK ((${policy.using}) AND ${predicate});`;
}

/**
 * `column = <the tenant asked for>`, as this database's own policies say it, else by the configured setting; undefined
 * where neither is known.
 */
export function tenantPredicate(subject: Subject, known: ClassifiedRelation): string | undefined {
  const column = known.relation.columns.find((candidate) => candidate.name === known.tenantColumn);
  if (!column) return undefined;
  const asked = usualExpression(subject, column.type) ?? settingExpression(subject, column.type);
  return asked === undefined ? undefined : `${quoteIdent(column.name)} = ${asked}`;
}

/** The tenant as the context's setting names it; undefined where the context is not one setting. */
export function settingExpression(subject: Subject, type: string): string | undefined {
  const { context } = subject.tenancy.config;
  if (!('setting' in context)) return undefined;
  return `(SELECT nullif(current_setting(${quoteLiteral(context.setting)}, true), '')::${type})`;
}

const known = new WeakMap<Subject, Map<string, string | undefined>>();

/** What most policies compare a tenant column of this type with; found once for all fixes. */
export function usualExpression(subject: Subject, type: string): string | undefined {
  const types = known.get(subject) ?? new Map<string, string | undefined>();
  known.set(subject, types);
  if (!types.has(type)) types.set(type, findUsual(subject, type));
  return types.get(type);
}

function findUsual(subject: Subject, type: string): string | undefined {
  const uses = new Map<string, number>();
  for (const { relation, tenantColumn } of subject.tenancy.relations) {
    if (relation.columns.find((column) => column.name === tenantColumn)?.type !== type) continue;
    for (const { using } of relation.policies) {
      const asked = using === undefined ? undefined : comparedWith(subject, using, tenantColumn ?? '');
      if (asked !== undefined) uses.set(asked, (uses.get(asked) ?? 0) + 1);
    }
  }
  return [...uses].sort((a, b) => b[1] - a[1])[0]?.[0];
}

/** In `(column = X)`, as pg_get_expr writes it, X: something of the session's, with nothing of the row in it. */
function comparedWith(subject: Subject, using: string, column: string): string | undefined {
  const start = [`(${column} = `, `(${quoteIdent(column)} = `].find((prefix) => using.startsWith(prefix));
  if (start === undefined) return undefined;
  const rest = using.slice(start.length, -1);
  const tree = subject.sql.expression(rest);
  const ofSession = findAll(tree, 'FuncCall').length > 0 && findAll(tree, 'ColumnRef').length === 0;
  // `(a = b) OR (c = d)` also starts and ends this way; what is left of it does not parse as one comparison's side.
  const whole = subject.sql.expression(using);
  const isComparison = whole !== undefined && 'A_Expr' in whole && whole.A_Expr.kind === 'AEXPR_OP';
  return ofSession && isComparison ? rest : undefined;
}
