import type { A_Expr, Node } from 'libpg-query';
import { castOf } from './cast.js';
import { type NodeOf, textsOf } from './nodes.js';
import {
  and,
  equal,
  FALSE,
  FREE,
  firstNotNull,
  isFalse,
  isNull,
  isTrue,
  NULL,
  not,
  OPAQUE,
  or,
  ordered,
  same,
  strict,
  TRUE,
  testNull,
  type Value,
} from './value.js';

/** What the names in an expression stand for. */
export interface World {
  /** A column by its name's parts: ['kids', 'tenant_id']. */
  column(parts: readonly string[]): Value;
  /** current_setting(name, missingOk). */
  setting(name: string, missingOk: boolean): Value;
  /** current_user and session_user. */
  user(which: 'current' | 'session'): Value;
  /** A function that users made, its arguments evaluated; undefined where the name is none of theirs. */
  call(parts: readonly string[], values: readonly Value[]): Value | undefined;
  parameter(number: number): Value;
  /** A subquery that has a FROM clause. */
  subquery(node: Node): Value;
}

/** Evaluates an expression as far as it can be said without running it. */
export function evaluate(node: Node | undefined, world: World): Value {
  if (!node) return OPAQUE;
  const of = (inner: Node | undefined) => evaluate(inner, world);
  const all = (nodes: readonly Node[] | undefined) => (nodes ?? []).map(of);
  if ('A_Const' in node) return constant(node.A_Const);
  if ('ColumnRef' in node) return world.column(textsOf(node.ColumnRef.fields));
  if ('ParamRef' in node) return world.parameter(node.ParamRef.number ?? 0);
  if ('TypeCast' in node) return castOf(of(node.TypeCast.arg), node.TypeCast.typeName);
  if ('CollateClause' in node) return of(node.CollateClause.arg);
  if ('BoolExpr' in node) {
    const values = all(node.BoolExpr.args);
    if (node.BoolExpr.boolop === 'NOT_EXPR') return not(values[0] ?? OPAQUE);
    return node.BoolExpr.boolop === 'AND_EXPR' ? and(values) : or(values);
  }
  if ('NullTest' in node) {
    const isNullValue = testNull(of(node.NullTest.arg));
    return node.NullTest.nulltesttype === 'IS_NULL' ? isNullValue : not(isNullValue);
  }
  if ('BooleanTest' in node) return booleanTest(of(node.BooleanTest.arg), node.BooleanTest.booltesttype);
  if ('CoalesceExpr' in node) return firstNotNull(all(node.CoalesceExpr.args));
  if ('CaseExpr' in node) return caseOf(node.CaseExpr, of);
  if ('A_Expr' in node) return operation(node.A_Expr, of);
  if ('FuncCall' in node) {
    const args = node.FuncCall.args ?? [];
    return callOf(textsOf(node.FuncCall.funcname), all(args), world);
  }
  if ('SQLValueFunction' in node) {
    const { op } = node.SQLValueFunction;
    if (op === 'SVFOP_SESSION_USER') return world.user('session');
    return /USER|ROLE/.test(op ?? '') ? world.user('current') : FREE;
  }
  if ('SubLink' in node) return subLink(node, world);
  return OPAQUE;
}

function constant(node: NodeOf<'A_Const'>): Value {
  if (node.isnull) return NULL;
  if (node.boolval) return node.boolval.boolval ? TRUE : FALSE;
  const value = node.sval?.sval ?? node.fval?.fval ?? (node.ival ? String(node.ival.ival ?? 0) : undefined);
  return value === undefined ? OPAQUE : { kind: 'known', value };
}

function booleanTest(value: Value, test: string | undefined): Value {
  if (value.kind === 'opaque' || value.kind === 'error') return value;
  switch (test) {
    case 'IS_TRUE':
      return value.kind === 'free' ? FREE : isTrue(value) ? TRUE : FALSE;
    case 'IS_NOT_TRUE':
      return value.kind === 'free' ? FREE : isTrue(value) ? FALSE : TRUE;
    case 'IS_FALSE':
      return value.kind === 'free' ? FREE : isFalse(value) ? TRUE : FALSE;
    case 'IS_NOT_FALSE':
      return value.kind === 'free' ? FREE : isFalse(value) ? FALSE : TRUE;
    default:
      return test === 'IS_UNKNOWN' ? testNull(value) : not(testNull(value));
  }
}

function caseOf(node: NodeOf<'CaseExpr'>, of: (node: Node | undefined) => Value): Value {
  const possible: Value[] = [];
  for (const branch of node.args ?? []) {
    if (!('CaseWhen' in branch)) return OPAQUE;
    const { expr, result } = branch.CaseWhen;
    const condition = node.arg ? equal(of(node.arg), of(expr)) : of(expr);
    if (condition.kind === 'error') return condition;
    if (isTrue(condition)) return or([...possible, of(result)]);
    if (isFalse(condition) || isNull(condition)) continue;
    // Some row, or nobody knows which, takes this branch.
    possible.push(and([condition, of(result)]));
  }
  const last = node.defresult ? of(node.defresult) : NULL;
  return possible.length > 0 ? or([...possible, last]) : last;
}

function operation(node: A_Expr, of: (node: Node | undefined) => Value): Value {
  const operator = textsOf(node.name).at(-1) ?? '';
  const { lexpr, rexpr } = node;
  switch (node.kind) {
    case 'AEXPR_NULLIF': {
      const left = of(lexpr);
      return isTrue(equal(left, of(rexpr))) ? NULL : left;
    }
    case 'AEXPR_DISTINCT':
      return not(same(of(lexpr), of(rexpr)));
    case 'AEXPR_NOT_DISTINCT':
      return same(of(lexpr), of(rexpr));
    case 'AEXPR_OP_ANY':
    case 'AEXPR_IN': {
      const items = listed(rexpr);
      if (operator !== '=' || !items) return strict([of(lexpr), of(rexpr), OPAQUE]);
      return or(items.map((item) => equal(of(lexpr), of(item))));
    }
    case 'AEXPR_OP':
      return compare(operator, lexpr, rexpr, of);
    default:
      return strict([of(lexpr), of(rexpr)]);
  }
}

function listed(node: Node | undefined): readonly Node[] | undefined {
  if (!node) return undefined;
  if ('A_ArrayExpr' in node) return node.A_ArrayExpr.elements ?? [];
  if ('List' in node) return node.List.items ?? [];
  return 'TypeCast' in node ? listed(node.TypeCast.arg) : undefined;
}

function compare(
  operator: string,
  lexpr: Node | undefined,
  rexpr: Node | undefined,
  of: (node: Node | undefined) => Value,
): Value {
  if (lexpr && rexpr && 'RowExpr' in lexpr && 'RowExpr' in rexpr && operator === '=') {
    const right = rexpr.RowExpr.args ?? [];
    return and((lexpr.RowExpr.args ?? []).map((item, index) => equal(of(item), of(right[index]))));
  }
  const values = [lexpr, rexpr].flatMap((side) => (side ? [of(side)] : []));
  const [left, right] = values;
  if (!left || !right) return strict(values);
  if (operator === '=') return equal(left, right);
  if (operator === '<>') return not(equal(left, right));
  return ['<', '<=', '>', '>='].includes(operator) ? ordered(left, right) : strict(values);
}

/** Built-in functions whose result depends on the session, or on nothing at all: never on the row alone. */
const SESSION = new Set([
  ...['current_schema', 'current_schemas', 'current_query', 'inet_client_addr', 'inet_client_port'],
  ...['pg_backend_pid', 'pg_has_role', 'has_table_privilege', 'has_schema_privilege', 'random'],
  ...['gen_random_uuid', 'txid_current', 'pg_current_xact_id', 'set_config', 'nextval', 'currval', 'lastval'],
]);

function callOf(parts: readonly string[], values: readonly Value[], world: World): Value {
  const name = parts.at(-1) ?? '';
  const made = world.call(parts, values);
  if (made) return made;
  const [first, second] = values;
  if (name === 'current_setting') {
    if (first?.kind !== 'known' || typeof first.value !== 'string') return OPAQUE;
    return world.setting(first.value, second !== undefined && isTrue(second));
  }
  if (SESSION.has(name)) return OPAQUE;
  return values.length === 0 ? FREE : strict(values);
}

function subLink(node: Extract<Node, { SubLink: unknown }>, world: World): Value {
  const { subselect, subLinkType, testexpr } = node.SubLink;
  const select = subselect && 'SelectStmt' in subselect ? subselect.SelectStmt : undefined;
  const [target] = select?.targetList ?? [];
  if (!select || select.fromClause || select.larg || select.valuesLists) return world.subquery(node);
  const condition = select.whereClause ? evaluate(select.whereClause, world) : TRUE;
  if (subLinkType === 'EXISTS_SUBLINK') return condition;
  if (!isTrue(condition) || !target || !('ResTarget' in target)) return OPAQUE;
  const value = evaluate(target.ResTarget.val, world);
  if (subLinkType === 'EXPR_SUBLINK') return value;
  return subLinkType === 'ANY_SUBLINK' ? equal(evaluate(testexpr, world), value) : OPAQUE;
}
