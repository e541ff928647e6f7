import type { Column } from '../../catalog/snapshot.js';
import { quoteLiteral } from '../../identifiers.js';
import type { ClassifiedRelation } from '../../tenancy/model.js';
import type { Subject } from '../check.js';
import { findAll, textsOf } from '../policy/nodes.js';

/**
 * The context's tenant as an SQL expression of the column's type: read from the setting, where the context is one; else
 * what the table's own policies compare the column with.
 */
export function currentTenant(subject: Subject, known: ClassifiedRelation, column: Column): string | undefined {
  const { context } = subject.tenancy.config;
  if ('setting' in context) {
    return `(SELECT nullif(current_setting(${quoteLiteral(context.setting)}, true), '')::${column.type})`;
  }
  for (const { permissive, using } of known.relation.policies) {
    const compared = permissive && using !== undefined ? comparedWith(subject, using, column.name) : undefined;
    if (compared !== undefined) return compared;
  }
  return undefined;
}

/** X, where the whole condition is `column = X`. */
function comparedWith(subject: Subject, using: string, column: string): string | undefined {
  const node = subject.sql.expression(using);
  if (!node || !('A_Expr' in node)) return undefined;
  const { kind, name, lexpr, location = 0 } = node.A_Expr;
  if (kind !== 'AEXPR_OP' || textsOf(name).join() !== '=') return undefined;
  if (!lexpr || !('ColumnRef' in lexpr) || textsOf(lexpr.ColumnRef.fields).join() !== column) return undefined;
  if (findAll(node, 'ColumnRef').length !== 1) return undefined;
  // The location is that of the operator, in bytes of what was parsed; pg_get_expr puts the whole into parentheses.
  const right = Buffer.from(`select ${using}`).subarray(location + 1).toString();
  const compared = using.startsWith('(') ? right.slice(0, right.lastIndexOf(')')) : right;
  return subject.sql.expression(compared) && `(${compared.trim()})`;
}
