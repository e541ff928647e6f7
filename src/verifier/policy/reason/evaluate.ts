import type { A_Expr, Node, SubLink } from 'libpg-query';
import { type NodeOf, textsOf } from '../nodes.js';
import { builtin, clock, operator, termOf } from './builtins.js';
import { callOf } from './calls.js';
import { settled, truthOf, Unreadable } from './case.js';
import { cast } from './cast.js';
import { all, any, compare, equal, found, not, same } from './compare.js';
import type { Scope } from './scope.js';
import { sessionTerm, setting } from './session.js';
import { subLink } from './subquery.js';
import { typeNamed } from './types.js';
import { bool, constant, ERROR, NULL, text, textOf, type Value } from './value.js';

const FROZEN = 'a function that is IMMUTABLE and yet asks the session';

/** What an expression comes to in the case that is looked at. */
export function evaluate(node: Node | undefined, scope: Scope): Value {
  const { here } = scope;
  if (!node) return unreadable('an empty expression', scope);
  const of = (inner: Node | undefined) => evaluate(inner, scope);
  if ('A_Const' in node) return constantOf(node.A_Const);
  if ('ColumnRef' in node) return column(node.ColumnRef, scope);
  if ('ParamRef' in node)
    return scope.parameter(node.ParamRef.number ?? 0) ?? unreadable('a parameter', scope);
  if ('TypeCast' in node) return cast(of(node.TypeCast.arg), typeNamed(node.TypeCast.typeName), here);
  if ('CollateClause' in node) return collated(of(node.CollateClause.arg), node.CollateClause, scope);
  if ('BoolExpr' in node) {
    const { boolop, args = [] } = node.BoolExpr;
    if (boolop === 'NOT_EXPR') return not(of(args[0]), here);
    const values = args.map((arg) => () => of(arg));
    return boolop === 'AND_EXPR' ? all(values, here) : any(values, here);
  }
  if ('NullTest' in node) return nullTest(node.NullTest, scope);
  if ('BooleanTest' in node)
    return booleanTest(of(node.BooleanTest.arg), node.BooleanTest.booltesttype, scope);
  if ('CoalesceExpr' in node) return coalesce(node.CoalesceExpr.args ?? [], scope);
  if ('CaseExpr' in node) return caseOf(node.CaseExpr, scope);
  if ('A_Expr' in node) return operation(node.A_Expr, scope);
  if ('A_ArrayExpr' in node) return { kind: 'list', items: (node.A_ArrayExpr.elements ?? []).map(of) };
  if ('FuncCall' in node) return functionCall(node.FuncCall, scope);
  if ('SQLValueFunction' in node) return sessionValue(node.SQLValueFunction.op, scope);
  if ('SubLink' in node) return subLink(node.SubLink, scope);
  const [kind = ''] = Object.keys(node);
  return unreadable(`a ${kind}`, scope);
}

/** Something of which nothing can be said; two of them are not the same. */
function unreadable(what: string, scope: Scope): Value {
  scope.here.serial += 1;
  return termOf(`${what} #${scope.here.serial}`, [], scope.here, {
    why: `${what}, which cannot be read here`,
  });
}

function constantOf(node: NodeOf<'A_Const'>): Value {
  if (node.isnull) return NULL;
  if (node.boolval) return bool(node.boolval.boolval ?? false);
  if (node.sval) return text(node.sval.sval ?? '');
  if (node.ival) return constant('int4', node.ival.ival ?? 0);
  const number = node.fval?.fval ?? '';
  return constant(/^\d+$/.test(number) ? 'int8' : 'numeric', Number(number));
}

function column(node: NodeOf<'ColumnRef'>, scope: Scope): Value {
  const parts = textsOf(node.fields);
  return scope.column(parts) ?? unreadable(parts.join('.'), scope);
}

const PLAIN_COLLATIONS = new Set(['C', 'POSIX', 'default', 'ucs_basic', 'C.utf8', 'C.UTF-8', 'en_US.utf8']);

/** Under a collation of someone's own, different texts may be equal. */
function collated(value: Value, { collname }: NodeOf<'CollateClause'>, scope: Scope): Value {
  const name = textsOf(collname).at(-1) ?? '';
  if (PLAIN_COLLATIONS.has(name) || value.kind === 'null' || value.kind === 'error') return value;
  return termOf(`${textOf(value)} collate ${name}`, [value], scope.here, {
    nullable: value.kind === 'term' && value.nullable,
    why: `the collation ${name}`,
  });
}

function nullTest({ arg, nulltesttype }: NodeOf<'NullTest'>, scope: Scope): Value {
  const value = settled(evaluate(arg, scope), scope.here);
  if (value.kind === 'error') return ERROR;
  return bool((value.kind === 'null') === (nulltesttype === 'IS_NULL'));
}

/** IS [NOT] TRUE, FALSE, UNKNOWN: never NULL themselves. */
function booleanTest(value: Value, test: string | undefined, { here }: Scope): Value {
  const [, negated, name] = /^IS_(NOT_)?(TRUE|FALSE|UNKNOWN)$/.exec(test ?? '') ?? [];
  const truth = truthOf(value, here);
  if (truth === 'error') return ERROR;
  const meant = name === 'UNKNOWN' ? 'null' : name?.toLowerCase();
  return bool((truth === meant) === (negated === undefined));
}

function coalesce(args: readonly Node[], scope: Scope): Value {
  for (const arg of args) {
    const value = settled(evaluate(arg, scope), scope.here);
    if (value.kind !== 'null') return value;
  }
  return NULL;
}

function caseOf(node: NodeOf<'CaseExpr'>, scope: Scope): Value {
  const subject = node.arg && evaluate(node.arg, scope);
  for (const arm of node.args ?? []) {
    if (!('CaseWhen' in arm)) return unreadable('a CASE', scope);
    const { expr, result } = arm.CaseWhen;
    const condition = subject ? equal(subject, evaluate(expr, scope), scope.here) : evaluate(expr, scope);
    const truth = truthOf(condition, scope.here);
    if (truth === 'error') return ERROR;
    if (truth === 'true') return evaluate(result, scope);
  }
  return node.defresult ? evaluate(node.defresult, scope) : NULL;
}

function operation(node: A_Expr, scope: Scope): Value {
  const { here } = scope;
  const of = (inner: Node | undefined) => evaluate(inner, scope);
  const parts = textsOf(node.name);
  const name = parts.at(-1) ?? '';
  const { lexpr, rexpr } = node;
  // An operator of somebody's own means what they like.
  if (parts.length > 1 && parts[0] !== 'pg_catalog') return foreignOperator(parts.join('.'), node, scope);
  switch (node.kind) {
    case 'AEXPR_NULLIF': {
      const left = of(lexpr);
      const alike = truthOf(equal(left, of(rexpr), here), here);
      return alike === 'error' ? ERROR : alike === 'true' ? NULL : left;
    }
    case 'AEXPR_DISTINCT':
      return not(same(of(lexpr), of(rexpr), here), here);
    case 'AEXPR_NOT_DISTINCT':
      return same(of(lexpr), of(rexpr), here);
    case 'AEXPR_OP_ANY':
    case 'AEXPR_OP_ALL':
    case 'AEXPR_IN':
      return quantified(node, name, scope);
    case 'AEXPR_BETWEEN':
    case 'AEXPR_NOT_BETWEEN': {
      const [low, high] = rexpr && 'List' in rexpr ? (rexpr.List.items ?? []) : [];
      const within = all(
        [() => binary('>=', of(lexpr), of(low), scope), () => binary('<=', of(lexpr), of(high), scope)],
        here,
      );
      return node.kind === 'AEXPR_BETWEEN' ? within : not(within, here);
    }
    default: {
      if (lexpr && rexpr && 'RowExpr' in lexpr && 'RowExpr' in rexpr)
        return rows(name, lexpr.RowExpr, rexpr.RowExpr, scope);
      return lexpr ? binary(name, of(lexpr), of(rexpr), scope) : operator(name, [of(rexpr)], here);
    }
  }
}

function binary(name: string, left: Value, right: Value, { here }: Scope): Value {
  return compare(name, left, right, here) ?? operator(name, [found(left, here), found(right, here)], here);
}

function rows(name: string, left: NodeOf<'RowExpr'>, right: NodeOf<'RowExpr'>, scope: Scope): Value {
  const others = right.args ?? [];
  const pairs = (left.args ?? []).map(
    (item, index) => () => equal(evaluate(item, scope), evaluate(others[index], scope), scope.here),
  );
  if (name === '=') return all(pairs, scope.here);
  return name === '<>' ? not(all(pairs, scope.here), scope.here) : unreadable(`rows by ${name}`, scope);
}

function foreignOperator(name: string, { lexpr, rexpr }: A_Expr, scope: Scope): Value {
  const values = [lexpr, rexpr].flatMap((side) => (side ? [evaluate(side, scope)] : []));
  return termOf(`(${values.map(textOf).join(` ${name} `)})`, values, scope.here, {
    why: `the operator ${name}`,
  });
}

/** ANY, ALL and IN, over a list or an array. */
function quantified(node: A_Expr, name: string, scope: Scope): Value {
  const { lexpr, rexpr, kind } = node;
  const { here } = scope;
  const query = rexpr && arrayQuery(rexpr);
  if (query && kind === 'AEXPR_OP_ANY') {
    return subLink(
      { ...query, subLinkType: 'ANY_SUBLINK', ...(lexpr && { testexpr: lexpr }), operName: node.name ?? [] },
      scope,
    );
  }
  const left = evaluate(lexpr, scope);
  const right: Value =
    rexpr && 'List' in rexpr
      ? { kind: 'list', items: (rexpr.List.items ?? []).map((item) => evaluate(item, scope)) }
      : settled(evaluate(rexpr, scope), here);
  if (right.kind === 'null' || right.kind === 'error') return right;
  if (right.kind !== 'list') {
    return termOf(`${textOf(left)} ${name} ${kind} ${textOf(right)}`, [left, right], here);
  }
  const each = right.items.map((item) => () => binary(name, left, item, scope));
  return kind === 'AEXPR_OP_ALL' || (kind === 'AEXPR_IN' && name === '<>')
    ? all(each, here)
    : any(each, here);
}

/** In `= ANY (ARRAY(SELECT …))` the query, which is as good as IN (SELECT …). */
function arrayQuery(node: Node): SubLink | undefined {
  return 'SubLink' in node && node.SubLink.subLinkType === 'ARRAY_SUBLINK' ? node.SubLink : undefined;
}

function functionCall(node: NodeOf<'FuncCall'>, scope: Scope): Value {
  const parts = textsOf(node.funcname);
  const args = node.args ?? [];
  if (args.some((arg) => 'NamedArgExpr' in arg)) return unreadable(`${parts.join('.')}()`, scope);
  const values = args.map((arg) => evaluate(arg, scope));
  const made = callOf(parts, values, scope);
  if (made) return made;
  const name = parts.at(-1) ?? '';
  if (parts.length > 1 && parts[0] !== 'pg_catalog') return unreadable(`${parts.join('.')}()`, scope);
  if (name === 'current_setting') return currentSetting(values, scope);
  return builtin(name, values, scope.here);
}

function currentSetting([name, missingOk]: readonly Value[], { question, here, frozen }: Scope): Value {
  if (frozen) throw new Unreadable(FROZEN, false);
  if (name?.kind !== 'const') return builtin('current_setting', name ? [name] : [], here);
  const { settings, state, asked } = question;
  const lenient = missingOk !== undefined && truthOf(missingOk, here) === 'true';
  return setting(settings, state, asked, String(name.value), lenient, here);
}

function sessionValue(op: string | undefined, scope: Scope): Value {
  const { question, role, here } = scope;
  if (!/USER|ROLE/.test(op ?? '')) {
    return clock(
      here,
      op?.includes('DATE') ? 'date' : op?.startsWith('SVFOP_LOCAL') ? 'timestamp' : 'timestamptz',
    );
  }
  if (scope.frozen) throw new Unreadable(FROZEN, false);
  const name = op === 'SVFOP_SESSION_USER' ? question.sessionUser : role.name;
  if (name !== undefined) return constant('name', name);
  // The login is that of all tenants, whatever the context does to it.
  return { ...sessionTerm(`${op}`, 'the user who is logged in', false), session: false };
}
