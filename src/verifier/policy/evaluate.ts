import type { A_Expr, Node } from 'libpg-query';
import { castOf } from './cast.js';
import { type NodeOf, textsOf } from './nodes.js';
import { always, both, branch, either, isAlways, map, negate, type Outcome } from './truth.js';
import {
  asValue,
  equal,
  FALSE,
  FREE,
  firstNotNull,
  NULL,
  OPAQUE,
  ordered,
  same,
  strict,
  TRUE,
  testNull,
  truthOf,
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
    const truths = all(node.BoolExpr.args).map(truthOf);
    if (node.BoolExpr.boolop === 'NOT_EXPR') return not(of(node.BoolExpr.args?.[0]));
    return asValue(node.BoolExpr.boolop === 'AND_EXPR' ? both(truths) : either(truths));
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

function not(value: Value): Value {
  return asValue(negate(truthOf(value)));
}

function constant(node: NodeOf<'A_Const'>): Value {
  if (node.isnull) return NULL;
  if (node.boolval) return node.boolval.boolval ? TRUE : FALSE;
  const value = node.sval?.sval ?? node.fval?.fval ?? (node.ival ? String(node.ival.ival ?? 0) : undefined);
  return value === undefined ? OPAQUE : { kind: 'known', value };
}

/** IS [NOT] TRUE, FALSE, UNKNOWN: never NULL themselves. */
function booleanTest(value: Value, test: string | undefined): Value {
  const [, negated, name] = /^IS_(NOT_)?(TRUE|FALSE|UNKNOWN)$/.exec(test ?? '') ?? [];
  const meant = name === 'UNKNOWN' ? 'null' : name?.toLowerCase();
  return asValue(
    map(truthOf(value), (outcome) => ((outcome === meant) === (negated === undefined) ? 'true' : 'false')),
  );
}

function caseOf(node: NodeOf<'CaseExpr'>, of: (node: Node | undefined) => Value): Value {
  const [first, ...others] = node.args ?? [];
  if (!first) return node.defresult ? of(node.defresult) : NULL;
  if (!('CaseWhen' in first)) return OPAQUE;
  const { expr, result } = first.CaseWhen;
  const condition = truthOf(node.arg ? equal(of(node.arg), of(expr)) : of(expr));
  const otherwise = () => caseOf({ ...node, args: others }, of);
  if (isAlways(condition, 'true')) return of(result);
  if (!condition.may.has('true') && !condition.may.has('error')) return otherwise();
  const [chosen, rest] = [of(result), otherwise()];
  const isTruth = (value: Value) => !['own', 'asked'].includes(value.kind);
  if (!isTruth(chosen) || !isTruth(rest)) return OPAQUE;
  const next = (outcome: Outcome) =>
    outcome === 'error' ? always('error') : truthOf(outcome === 'true' ? chosen : rest);
  return asValue(branch(condition, next));
}

function operation(node: A_Expr, of: (node: Node | undefined) => Value): Value {
  const operator = textsOf(node.name).at(-1) ?? '';
  const { lexpr, rexpr } = node;
  switch (node.kind) {
    case 'AEXPR_NULLIF': {
      const left = of(lexpr);
      return nullIf(left, of(rexpr));
    }
    case 'AEXPR_DISTINCT':
      return not(same(of(lexpr), of(rexpr)));
    case 'AEXPR_NOT_DISTINCT':
      return same(of(lexpr), of(rexpr));
    case 'AEXPR_OP_ANY':
    case 'AEXPR_IN': {
      const items = listed(rexpr);
      if (operator !== '=' || !items) return strict([of(lexpr), of(rexpr), OPAQUE]);
      return asValue(either(items.map((item) => truthOf(equal(of(lexpr), of(item))))));
    }
    case 'AEXPR_OP':
      return compare(operator, lexpr, rexpr, of);
    default:
      return strict([of(lexpr), of(rexpr)]);
  }
}

/** Equal for some rows only, it is neither the left side nor NULL for all. */
function nullIf(left: Value, right: Value): Value {
  const same = truthOf(equal(left, right));
  if (isAlways(same, 'true')) return NULL;
  if (!same.may.has('true')) return left;
  return left.kind === 'free' ? { kind: 'free', nullable: true } : OPAQUE;
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
    const pairs = (lexpr.RowExpr.args ?? []).map((item, index) => equal(of(item), of(right[index])));
    return asValue(both(pairs.map(truthOf)));
  }
  const values = [lexpr, rexpr].flatMap((side) => (side ? [of(side)] : []));
  const [left, right] = values;
  if (!left || !right) return strict(values);
  if (operator === '=') return equal(left, right);
  if (operator === '<>') return not(equal(left, right));
  return ['<', '<=', '>', '>='].includes(operator) ? ordered(left, right) : strict(values);
}

/** The time: of nobody in particular. */
const CLOCKS = new Set(['now', 'transaction_timestamp', 'statement_timestamp', 'clock_timestamp']);

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
    return world.setting(first.value, second !== undefined && isAlways(truthOf(second), 'true'));
  }
  if (SESSION.has(name)) return OPAQUE;
  return CLOCKS.has(name) ? FREE : strict(values);
}

function subLink(node: Extract<Node, { SubLink: unknown }>, world: World): Value {
  const { subselect, subLinkType, testexpr } = node.SubLink;
  const select = subselect && 'SelectStmt' in subselect ? subselect.SelectStmt : undefined;
  const [target] = select?.targetList ?? [];
  if (!select || select.fromClause || select.larg || select.valuesLists) return world.subquery(node);
  const condition = select.whereClause ? evaluate(select.whereClause, world) : TRUE;
  if (subLinkType === 'EXISTS_SUBLINK') {
    // WHERE takes NULL for false, and so there is no row.
    return asValue(map(truthOf(condition), (outcome) => (outcome === 'null' ? 'false' : outcome)));
  }
  if (!isAlways(truthOf(condition), 'true') || !target || !('ResTarget' in target)) return OPAQUE;
  const value = evaluate(target.ResTarget.val, world);
  if (subLinkType === 'EXPR_SUBLINK') return value;
  return subLinkType === 'ANY_SUBLINK' ? equal(evaluate(testexpr, world), value) : OPAQUE;
}
