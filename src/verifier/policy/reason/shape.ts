import type { Node, SelectStmt } from 'libpg-query';
import { type NodeOf, textsOf } from '../nodes.js';
import type { Scope } from './scope.js';

/** PostgreSQL's own, of which a query without GROUP BY has its one row, whatever it finds. */
const AGGREGATES = new Set(
  [
    'any_value array_agg avg bit_and bit_or bit_xor bool_and bool_or corr count covar_pop covar_samp cume_dist dense_rank',
    'every json_agg json_agg_strict json_object_agg json_object_agg_strict json_object_agg_unique',
    'json_object_agg_unique_strict jsonb_agg jsonb_agg_strict jsonb_object_agg jsonb_object_agg_strict',
    'jsonb_object_agg_unique jsonb_object_agg_unique_strict max min mode percent_rank percentile_cont percentile_disc',
    'range_agg range_intersect_agg rank regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy',
    'regr_syy stddev stddev_pop stddev_samp string_agg sum var_pop var_samp variance xmlagg',
  ]
    .join(' ')
    .split(' '),
);

/** Others that are a syntax of their own. */
const WRITTEN_OUT = new Set(['JsonArrayAgg', 'JsonObjectAgg', 'GroupingFunc']);

/** How many rows a query has: as many as it finds; one, for its aggregates; or it is not said, as with LIMIT, OFFSET and HAVING. */
export type Shape = 'as found' | 'one' | 'unsure';

/** By the functions that there are, some of which may be aggregates: the same queries are asked about case after case. */
const known = new WeakMap<object, WeakMap<SelectStmt, Shape>>();

export function shapeOf(select: SelectStmt, scope: Scope): Shape {
  const { functions } = scope.question.subject.snapshot;
  const shapes = known.get(functions) ?? new WeakMap<SelectStmt, Shape>();
  known.set(functions, shapes);
  const shape = shapes.get(select) ?? findShape(select, scope);
  shapes.set(select, shape);
  return shape;
}

function findShape(select: SelectStmt, scope: Scope): Shape {
  const { limitCount, limitOffset, havingClause, groupClause = [], targetList = [] } = select;
  if (limitOffset || havingClause || (limitCount && !isSome(limitCount))) return 'unsure';
  if (groupClause.length > 0)
    return groupClause.some((each) => 'GroupingSet' in each) ? 'unsure' : 'as found';
  if (targetList.some((target) => isAggregate(target, scope, false))) return 'one';
  // One that stands in a query within may be of this one, by the columns that it is given.
  return targetList.some((target) => isAggregate(target, scope, true)) ? 'unsure' : 'as found';
}

/** LIMIT 1, or more. */
const isSome = (limit: Node): boolean => 'A_Const' in limit && (limit.A_Const.ival?.ival ?? 0) > 0;

function isAggregate(node: unknown, scope: Scope, within: boolean): boolean {
  if (Array.isArray(node)) return node.some((each) => isAggregate(each, scope, within));
  if (typeof node !== 'object' || node === null) return false;
  return Object.entries(node).some(
    ([kind, inner]) =>
      WRITTEN_OUT.has(kind) ||
      (kind === 'FuncCall' && callsOne(inner as NodeOf<'FuncCall'>, scope)) ||
      ((within || kind !== 'SubLink') && isAggregate(inner, scope, within)),
  );
}

/** With OVER it is a window function, which adds no row. */
function callsOne({ funcname, agg_star, over }: NodeOf<'FuncCall'>, { question }: Scope): boolean {
  const name = textsOf(funcname).at(-1) ?? '';
  const own = () =>
    question.subject.snapshot.functions.some((fn) => fn.name === name && fn.kind === 'aggregate');
  return !over && (agg_star === true || AGGREGATES.has(name) || own());
}
