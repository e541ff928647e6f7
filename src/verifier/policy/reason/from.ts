import type { JoinExpr, Node, RangeSubselect, SelectStmt } from 'libpg-query';
import { privilegesOf } from '../../../catalog/roles.js';
import type { Relation } from '../../../catalog/snapshot.js';
import { bypassReason } from '../../reach.js';
import { type NodeOf, textsOf } from '../nodes.js';
import { isMet, Unreadable } from './case.js';
import { equal } from './compare.js';
import { canStandIn } from './functions.js';
import { rowMet } from './row.js';
import type { Row, Scope } from './scope.js';
import { NULL, type Value } from './value.js';

/** What one item of FROM adds to the names that are known. */
type Names = Scope['column'];

/**
 * The rows of a FROM clause, each as the scope of what follows: of concrete tables all; else one that could be there, with
 * whatever it holds.
 */
export function rowsFrom(from: readonly Node[], scope: Scope): Scope[] {
  let rows = [scope];
  for (const item of from)
    rows = rows.flatMap((row) => alternatives(item, row).map((names) => within(row, names)));
  return rows;
}

/** Names of an inner query hide those around it. */
function within(scope: Scope, names: Names): Scope {
  return { ...scope, column: (parts) => names(parts) ?? scope.column(parts) };
}

function alternatives(item: Node, scope: Scope): Names[] {
  if ('RangeVar' in item) return ofTable(item.RangeVar, scope);
  if ('RangeSubselect' in item) return ofQuery(item.RangeSubselect, scope);
  if ('JoinExpr' in item) return ofJoin(item.JoinExpr, scope);
  if ('RangeFunction' in item && !scope.here.concrete)
    return [opaque(aliasIn(item), scope, 'a function in FROM')];
  throw new Unreadable('what stands in FROM', false);
}

const aliasIn = (item: Extract<Node, { RangeFunction: unknown }>): string =>
  item.RangeFunction.alias?.aliasname ?? '';

/** Rows of which nothing is known; any bare name may be one of their columns, where these are not known, either. */
function opaque(alias: string, { place }: Scope, why: string, columns?: readonly { name: string }[]): Names {
  const known = columns && new Set(columns.map(({ name }) => name));
  return (parts) => {
    const name = parts.at(-1) ?? '';
    const isMine = parts.length > 1 ? parts.at(-2) === alias : (known?.has(name) ?? true);
    const text = `${place}.${alias}.${name}`;
    return isMine ? { kind: 'term', text, type: undefined, nullable: true, why } : undefined;
  };
}

function ofTable(range: NodeOf<'RangeVar'>, scope: Scope): Names[] {
  const { schemaname, relname = '' } = range;
  const alias = range.alias?.aliasname ?? relname;
  if (range.alias?.colnames) throw new Unreadable(RENAMED, false);
  const query = schemaname === undefined ? scope.queries.get(relname) : undefined;
  if (query) return ofQuery({ subquery: query, alias: { ...range.alias, aliasname: alias } }, scope);
  const relation = relationNamed(schemaname, relname, scope);
  if (!relation || relation.kind === 'view') {
    if (scope.here.concrete) throw new Unreadable(`the rows of ${relname}`, false);
    return [opaque(alias, scope, `the rows of ${relname}`, relation?.columns)];
  }
  const temporary = schemaname === undefined && isShadowed(scope) ? 'a temporary table' : undefined;
  const other = schemaname === undefined && canStandIn(relation.schema, scope) ? 'another table' : undefined;
  const standIn = temporary ?? other;
  if (standIn !== undefined)
    return [opaque(alias, scope, `the rows of ${relname}, for which ${standIn} can stand in`)];
  return rowsIn(relation, alias, scope).map((row) => namesOf(row, alias));
}

/** Whether a bare name in a function's text may mean a temporary table that the application made. */
function isShadowed({ question, temporaryFirst, here }: Scope): boolean {
  const { snapshot, app } = question.subject;
  const mayMake = app.usable(snapshot.database.grants).some(({ privilege }) => privilege === 'TEMPORARY');
  return temporaryFirst && mayMake && !here.concrete;
}

/** In a function's text, the one table of that name in any schema. */
function relationNamed(
  schema: string | undefined,
  name: string,
  { question, bareNames }: Scope,
): Relation | undefined {
  if (schema === undefined && !bareNames) return undefined;
  const [relation, ...others] = question.subject.snapshot.relations.filter(
    (candidate) => candidate.name === name && (schema === undefined || candidate.schema === schema),
  );
  return others.length === 0 ? relation : undefined;
}

function rowsIn(relation: Relation, alias: string, scope: Scope): readonly Row[] {
  const { question, role } = scope;
  if (scope.frozen) throw new Unreadable('a function that is IMMUTABLE and yet reads a table', false);
  if (!scope.here.concrete) return [rowMet(relation, `${scope.place}.${alias}`, scope)];
  const { snapshot } = question.subject;
  const grants = [...relation.grants, ...relation.columns.flatMap((column) => column.grants)];
  const isOwner =
    role.inherits.has(relation.owner) || snapshot.roles.some((r) => r.name === role.name && r.superuser);
  if (role.name !== undefined && !isOwner && !privilegesOf(grants, role.inherits).has('SELECT')) {
    throw new Unreadable(`${role.name} may not read ${relation.name}`, false);
  }
  const rows = question.tables.get(relation.oid) ?? [];
  if (!relation.rowSecurity || (role.name !== undefined && bypassReason(snapshot, role.name, relation)))
    return rows;
  // PostgreSQL: infinite recursion detected in policy.
  if (relation.oid === question.own?.relation.oid) throw new Unreadable(`${relation.name} itself`, false);
  return rows.filter((row) => question.shows(row, scope));
}

function namesOf(row: Row, alias: string): Names {
  const own = new Set(row.relation.columns.map(({ name }) => name));
  return (parts) => {
    const name = parts.at(-1) ?? '';
    if (!own.has(name) || (parts.length > 1 && parts.at(-2) !== alias)) return undefined;
    return row.column(name);
  };
}

function ofQuery({ subquery, alias }: RangeSubselect, scope: Scope): Names[] {
  if (!subquery || !('SelectStmt' in subquery)) throw new Unreadable('what stands in FROM', false);
  const { SelectStmt: select } = subquery;
  const renamed = textsOf(alias?.colnames);
  const names = targetsOf(select).map((node, at) => renamed[at] ?? nameOf(node));
  return scope.question.rowsOf(select, scope).map((row) => {
    const list = row.select.targetList ?? [];
    return (parts) => {
      const at = names.indexOf(parts.at(-1) ?? '');
      const node = list[at];
      if (at < 0 || (parts.length > 1 && parts.at(-2) !== alias?.aliasname)) return undefined;
      return node && 'ResTarget' in node ? row.question.evaluate(node.ResTarget.val, row) : undefined;
    };
  });
}

const RENAMED = 'names given to columns';

/** Of several queries in one the first names the columns. */
function targetsOf(select: SelectStmt): Node[] {
  if (select.larg) return targetsOf(select.larg);
  if (select.valuesLists) throw new Unreadable('VALUES in FROM', false);
  return select.targetList ?? [];
}

/** What is not named here may have the name of a parameter, which it then hides. */
function nameOf(node: Node): string {
  const { name, val } = 'ResTarget' in node ? node.ResTarget : {};
  if (name !== undefined) return name;
  const column = val && 'ColumnRef' in val ? textsOf(val.ColumnRef.fields).at(-1) : undefined;
  if (column !== undefined && column !== '*') return column;
  const call = val && 'FuncCall' in val ? textsOf(val.FuncCall.funcname).at(-1) : undefined;
  if (call === undefined) throw new Unreadable('a column without a name', false);
  return call;
}

function ofJoin(join: JoinExpr, scope: Scope): Names[] {
  const { jointype, larg, rarg, isNatural } = join;
  const sides = jointype === 'JOIN_RIGHT' ? [rarg, larg] : [larg, rarg];
  const [first, second] = sides;
  if (join.alias) throw new Unreadable(RENAMED, false);
  if (!first || !second || isNatural || jointype === 'JOIN_FULL')
    throw new Unreadable('a FULL or NATURAL JOIN', false);
  return alternatives(first, scope).flatMap((left) => {
    const outer = within(scope, left);
    const matches = () =>
      alternatives(second, outer).filter((right) => meets(join, left, right, within(outer, right)));
    const both =
      (right: Names): Names =>
      (parts) =>
        right(parts) ?? left(parts);
    if (jointype === 'JOIN_INNER') return matches().map(both);
    const found = scope.here.concrete || isMatched(second, scope) ? matches() : [];
    return (found.length > 0 ? found : [missing(second, scope)]).map(both);
  });
}

function isMatched(side: Node, scope: Scope): boolean {
  return scope.here.decide(`a match in ${scope.place} for ${JSON.stringify(side)}`, 2) === 0;
}

function meets({ quals, usingClause }: JoinExpr, left: Names, right: Names, scope: Scope): boolean {
  const pairs = textsOf(usingClause).map((name): [Value, Value] => [
    left([name]) ?? NULL,
    right([name]) ?? NULL,
  ]);
  if (!pairs.every(([a, b]) => isMet(equal(a, b, scope.here), scope.here))) return false;
  return !quals || isMet(scope.question.evaluate(quals, scope), scope.here);
}

/** The side of an outer join without a match: NULL in every column. */
function missing(side: Node, scope: Scope): Names {
  if (!('RangeVar' in side)) throw new Unreadable('an outer join of more than a table', false);
  const { relname = '', alias, schemaname } = side.RangeVar;
  const relation = relationNamed(schemaname, relname, scope);
  const own = new Set(relation?.columns.map(({ name }) => name));
  return (parts) => {
    const mine = parts.length > 1 ? parts.at(-2) === (alias?.aliasname ?? relname) : own.has(parts[0] ?? '');
    return mine ? NULL : undefined;
  };
}
