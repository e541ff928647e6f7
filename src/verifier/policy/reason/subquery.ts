import { createHash } from 'node:crypto';
import type { Node, SelectStmt, SubLink } from 'libpg-query';
import { textsOf } from '../nodes.js';
import { termOf } from './builtins.js';
import { IMPOSSIBLE, isMet, ofTruth, truthOf, Unreadable } from './case.js';
import { any, compare, not } from './compare.js';
import { rowsFrom } from './from.js';
import { rowsOfCall } from './functions.js';
import type { Result, Scope } from './scope.js';
import { shapeOf } from './shape.js';
import { bool, constant, ERROR, FALSE, NULL, TRUE, textOf, type Value } from './value.js';

/** EXISTS, IN (SELECT …), a subquery as a value. */
export function subLink(node: SubLink, scope: Scope): Value {
  const select = node.subselect && 'SelectStmt' in node.subselect ? node.subselect.SelectStmt : undefined;
  if (!select) return open('a subquery', scope);
  switch (node.subLinkType) {
    case 'EXISTS_SUBLINK':
      return exists(select, scope);
    case 'EXPR_SUBLINK':
      return scalar(select, scope, 'only');
    case 'ANY_SUBLINK':
      return among(node, select, scope);
    case 'ALL_SUBLINK':
      return allOf(node, select, scope);
    default:
      return open('an array of rows', scope);
  }
}

function open(what: string, { here }: Scope): Value {
  here.serial += 1;
  return termOf(`${what} #${here.serial}`, [], here, { why: `${what}, which cannot be read here` });
}

function exists(select: SelectStmt, scope: Scope): Value {
  const shape = shapeOf(select, scope);
  if (shape === 'one') return TRUE;
  if (scope.here.concrete || isPlain(select, scope)) return bool(rowsOf(select, scope).length > 0);
  if (!isThere(select, scope)) return FALSE;
  if (shape === 'unsure') return TRUE;
  rowOf(select, scope);
  return TRUE;
}

/** A query without FROM has its one row, or none: that is seen, and need not be decided. */
const isPlain = (select: SelectStmt, scope: Scope): boolean =>
  !select.fromClause &&
  !select.larg &&
  !select.valuesLists &&
  !select.withClause &&
  shapeOf(select, scope) === 'as found';

function isThere(select: SelectStmt, scope: Scope): boolean {
  return scope.here.decide(`a row of ${idOf(select, scope)}`, 2) === 0;
}

/** A subquery as a value: NULL where it has no row. `first`: of several rows a function returns the first. */
export function scalar(select: SelectStmt, scope: Scope, which: 'only' | 'first'): Value {
  const { here } = scope;
  const shape = shapeOf(select, scope);
  if (shape === 'one') return aggregate(select, scope);
  if (shape === 'unsure' && !here.concrete) return open('a query with LIMIT, OFFSET or HAVING', scope);
  if (here.concrete || isPlain(select, scope)) {
    const values = rowsOf(select, scope).map((row) => target(row.select, row));
    const [first = NULL, ...others] = values;
    if (
      others.every((other) => textOf(other) === textOf(first)) &&
      (others.length === 0 || which === 'first')
    )
      return first;
    if (which === 'only' && !select.limitCount) return ERROR;
    throw new Unreadable('a subquery of several rows', false);
  }
  if (!isThere(select, scope)) return NULL;
  const row = rowOf(select, scope);
  return target(row.select, row);
}

function rowOf(select: SelectStmt, scope: Scope): Result {
  const [row] = rowsOf(select, scope);
  if (!row) throw IMPOSSIBLE;
  return row;
}

function target(select: SelectStmt, scope: Scope, at = 0): Value {
  const [values] = select.valuesLists ?? [];
  if (values && 'List' in values) return scope.question.evaluate(values.List.items?.[at], scope);
  const node = select.targetList?.[at];
  if (!node || !('ResTarget' in node)) return NULL;
  return scope.question.evaluate(node.ResTarget.val, scope);
}

/** What each row of a query gives, in this case; where other tables are not known, one row that could be. */
export function rowsOf(select: SelectStmt, outer: Scope): Result[] {
  const isCounted = outer.here.concrete && select.groupClause !== undefined;
  if (isCounted || shapeOf(select, outer) !== 'as found')
    throw new Unreadable('a query with an aggregate, LIMIT or HAVING', false);
  return found(select, outer);
}

/** The rows of which an aggregate is made. */
function found(select: SelectStmt, outer: Scope): Result[] {
  const scope = withQueries(select, outer);
  if (select.larg && select.rarg) return rowsOfBoth(select, select.larg, select.rarg, scope);
  if (select.valuesLists) {
    const lists = select.valuesLists.map(
      (list): Result => ({ ...scope, select: { ...select, valuesLists: [list] } }),
    );
    if (scope.here.concrete) return lists;
    return lists.slice(scope.here.decide(`which of ${idOf(select, scope)}`, lists.length)).slice(0, 1);
  }
  const call = calledForRows(select, scope);
  if (call) return rowsOf(call.select, call.inner);
  const rows = select.fromClause
    ? rowsFrom(select.fromClause, { ...scope, place: idOf(select, scope) })
    : [scope];
  return rows
    .filter((row) => !select.whereClause || isMet(row.question.evaluate(select.whereClause, row), scope.here))
    .map((row) => ({ ...row, select }));
}

/** Of EXCEPT and INTERSECT, the rows of the first query are all that could be; of which, it is not said. */
function rowsOfBoth(select: SelectStmt, left: SelectStmt, right: SelectStmt, scope: Scope): Result[] {
  if (scope.here.concrete) {
    if (select.op !== 'SETOP_UNION') throw new Unreadable('INTERSECT or EXCEPT', false);
    return [...rowsOf(left, scope), ...rowsOf(right, scope)];
  }
  const first =
    select.op !== 'SETOP_UNION' || scope.here.decide(`which half of ${idOf(select, scope)}`, 2) === 0;
  return rowsOf(first ? left : right, scope);
}

/** SELECT f(): the rows of a function. */
function calledForRows(select: SelectStmt, scope: Scope): { select: SelectStmt; inner: Scope } | undefined {
  const [node, ...others] = select.targetList ?? [];
  const value = node && 'ResTarget' in node && others.length === 0 ? node.ResTarget.val : undefined;
  if (!value || !('FuncCall' in value) || select.fromClause) return undefined;
  return rowsOfCall(textsOf(value.FuncCall.funcname), value.FuncCall.args ?? [], scope);
}

function withQueries(select: SelectStmt, scope: Scope): Scope {
  const { ctes = [], recursive } = select.withClause ?? {};
  if (ctes.length === 0) return scope;
  if (recursive) throw new Unreadable('WITH RECURSIVE', false);
  const queries = new Map(scope.queries);
  for (const cte of ctes) {
    if ('CommonTableExpr' in cte && cte.CommonTableExpr.ctequery) {
      if (cte.CommonTableExpr.aliascolnames) throw new Unreadable('names given to columns', false);
      queries.set(cte.CommonTableExpr.ctename ?? '', cte.CommonTableExpr.ctequery);
    }
  }
  return { ...scope, queries };
}

/** `x IN (SELECT …)`: true where a row equals it, NULL where one might, else false. */
function among(node: SubLink, select: SelectStmt, scope: Scope): Value {
  const { here } = scope;
  const name = textsOf(node.operName).at(-1) ?? '=';
  if (shapeOf(select, scope) !== 'as found') return open('an aggregate, or LIMIT', scope);
  const matches = (row: Result): Value => {
    const tests =
      node.testexpr && 'RowExpr' in node.testexpr ? (node.testexpr.RowExpr.args ?? []) : [node.testexpr];
    const pairs = tests.map((test, at) => () => {
      const value = scope.question.evaluate(test, scope);
      return compare(name, value, target(row.select, row, at), here) ?? open(`the operator ${name}`, scope);
    });
    return not(
      any(
        pairs.map((pair) => () => not(pair(), here)),
        here,
      ),
      here,
    );
  };
  if (here.concrete || isPlain(select, scope))
    return any(
      rowsOf(select, scope).map((row) => () => matches(row)),
      here,
    );
  const operand = node.testexpr ? textOf(testValue(node.testexpr, scope)) : '';
  const outcome = here.decide(`${operand} ${name} any of ${idOf(select, scope)}`, 3);
  if (outcome > 0) return outcome === 1 ? FALSE : NULL;
  // Which row it is depends on what is looked for.
  const place = `${scope.place} ${operand} ${name} any of`;
  if (truthOf(matches(rowOf(select, { ...scope, place })), here) !== 'true') throw IMPOSSIBLE;
  return TRUE;
}

function testValue(node: Node, scope: Scope): Value {
  if (!('RowExpr' in node)) return scope.question.evaluate(node, scope);
  return {
    kind: 'list',
    items: (node.RowExpr.args ?? []).map((item) => scope.question.evaluate(item, scope)),
  };
}

function allOf(node: SubLink, select: SelectStmt, scope: Scope): Value {
  const { here } = scope;
  const name = textsOf(node.operName).at(-1) ?? '=';
  if (!here.concrete && !isPlain(select, scope)) {
    const operand = node.testexpr ? textOf(testValue(node.testexpr, scope)) : '';
    const outcome = here.decide(`${operand} ${name} all of ${idOf(select, scope)}`, 3);
    return ofTruth(outcome === 0 ? 'true' : outcome === 1 ? 'false' : 'null');
  }
  const left = scope.question.evaluate(node.testexpr, scope);
  const fails = rowsOf(select, scope).map((row) => () => {
    const compared = compare(name, left, target(row.select, row), here);
    return not(compared ?? open(`the operator ${name}`, scope), here);
  });
  return not(any(fails, here), here);
}

/** count(*) is known to be 0 or more than that; of the others nothing is. */
function aggregate(select: SelectStmt, scope: Scope): Value {
  const { here } = scope;
  const [only, ...others] = select.targetList ?? [];
  const call = only && 'ResTarget' in only && others.length === 0 ? only.ResTarget.val : undefined;
  const counts =
    call &&
    'FuncCall' in call &&
    textsOf(call.FuncCall.funcname).at(-1) === 'count' &&
    call.FuncCall.agg_star;
  if (!counts) return open('an aggregate', scope);
  if (here.concrete) return constant('int8', found(select, scope).length);
  if (!isThere(select, scope)) return constant('int8', 0);
  if (found(select, scope).length === 0) throw IMPOSSIBLE;
  const name = `the number of ${idOf(select, scope)}`;
  if (!here.bounds.has(name)) here.bounds.set(name, { low: 0, high: Number.POSITIVE_INFINITY });
  return { kind: 'term', text: name, type: 'int8', nullable: false };
}

const ids = new WeakMap<object, string>();

/** The same for the same query in the same place, wherever it is written. */
function idOf(select: SelectStmt, { place }: Scope): string {
  const known = ids.get(select) ?? shortened(select);
  ids.set(select, known);
  return place === '' ? known : `${place}: ${known}`;
}

function shortened(select: SelectStmt): string {
  const written = JSON.stringify(select, (key, value) => (key.endsWith('location') ? undefined : value));
  return createHash('sha1').update(written).digest('base64url');
}
