import type { Node } from 'libpg-query';
import type { ClassifiedRelation } from '../../tenancy/model.js';
import type { Subject } from '../check.js';
import { freeTerms } from './combine.js';
import { findAll, type NodeOf, textsOf } from './nodes.js';
import { all } from './reason/compare.js';
import { admission, valuesOf } from './reason/decide.js';
import { evaluate } from './reason/evaluate.js';
import { rowIn, rowMet } from './reason/row.js';
import type { Scope } from './reason/scope.js';
import type { Value } from './reason/value.js';
import { choosingIn, insertionsOf, type Level, levelOf, statementsIn, tablesIn } from './statements.js';

/** One tenant relation that a statement takes rows from, and whether it holds them to the tenant asked for. */
export interface Reading {
  relation: ClassifiedRelation;
  /** open: rows of other tenants come through; unknown: nobody can say without running it. */
  rows: 'open' | 'unknown' | 'closed';
}

/** Finds the relation that a statement means by a name. */
export type Resolve = (schema: string | undefined, name: string) => ClassifiedRelation | undefined;

interface Table {
  alias: string;
  relation: ClassifiedRelation;
}

/**
 * The tenant relations whose rows a statement, run by someone whom row security does not bind, returns or changes. What
 * stands in a WHERE only selects.
 */
export function readingsOf(subject: Subject, statement: Node, resolve: Resolve): Reading[] {
  const statements = statementsIn(statement);
  const taken = statements.flatMap((each) => takenBy(subject, each, resolve));
  const added = statements.flatMap(insertionsOf).flatMap((each) => insertedBy(subject, each, resolve) ?? []);
  return [...taken, ...added].filter(({ relation }) => isOfTenants(relation));
}

/**
 * Those by whose rows a statement chooses what it takes, though they have nothing to do with what it takes: the caller is
 * told whether there are such rows.
 */
export function choicesOf(subject: Subject, statement: Node, resolve: Resolve): Reading[] {
  return statementsIn(statement).flatMap((each) => choicesBeside(subject, each, resolve, []));
}

function choicesBeside(
  subject: Subject,
  statement: Node,
  resolve: Resolve,
  outside: readonly Table[],
): Reading[] {
  const around = [...outside, ...rangesOf(statement, resolve).filter((each) => isOfTenants(each.relation))];
  return choosingIn(statement).flatMap(({ subselect, testexpr }) => {
    if (!subselect) return [];
    const isAbout = refersTo([subselect, testexpr], around, rangesOf(subselect, resolve));
    const told = isAbout ? [] : takenBy(subject, subselect, resolve);
    const open = told.filter(({ relation, rows }) => rows === 'open' && isOfTenants(relation));
    return [...open, ...choicesBeside(subject, subselect, resolve, around)];
  });
}

/** Whether a query asks for something of the rows around it. */
function refersTo(query: unknown, around: readonly Table[], within: readonly Table[]): boolean {
  const has = (tables: readonly Table[], parts: readonly string[]) =>
    tables.some(({ alias, relation }) =>
      parts.length > 1 ? alias === parts[0] : relation.relation.columns.some(({ name }) => name === parts[0]),
    );
  return findAll(query, 'ColumnRef')
    .map(({ fields }) => textsOf(fields))
    .some((parts) => !has(within, parts) && has(around, parts));
}

const isOfTenants = ({ class: kind, relation }: ClassifiedRelation): boolean =>
  kind === 'tenant' || kind === 'root' || (kind === 'untenanted' && relation.reads.length > 0);

function rangesOf(statement: Node, resolve: Resolve): Table[] {
  return (levelOf(statement)?.from ?? []).flatMap(tablesIn).flatMap((range) => tableOf(range, resolve) ?? []);
}

function takenBy(subject: Subject, statement: Node, resolve: Resolve): Reading[] {
  const level = levelOf(statement);
  const tables = rangesOf(statement, resolve);
  return level
    ? tables.map((table) => ({ relation: table.relation, rows: rowsOf(subject, table, tables, level) }))
    : [];
}

function tableOf({ schemaname, relname, alias }: NodeOf<'RangeVar'>, resolve: Resolve): Table | undefined {
  const relation = resolve(schemaname, relname ?? '');
  return relation && { alias: alias?.aliasname ?? relname ?? '', relation };
}

/** Whose row an INSERT adds; without the tenant column in it, its default decides. */
function insertedBy(subject: Subject, insert: NodeOf<'InsertStmt'>, resolve: Resolve): Reading | undefined {
  const table = insert.relation && tableOf(insert.relation, resolve);
  const select =
    insert.selectStmt && 'SelectStmt' in insert.selectStmt ? insert.selectStmt.SelectStmt : undefined;
  if (!table || !select) return undefined;
  const { relation } = table;
  const names = insert.cols
    ? insert.cols.map((column) => ('ResTarget' in column ? column.ResTarget.name : undefined))
    : relation.relation.columns.map((column) => column.name);
  const at = names.indexOf(relation.tenantColumn ?? '');
  if (at < 0) return relation.tenantColumn === undefined ? { relation, rows: 'unknown' } : undefined;
  const lists = (select.valuesLists ?? []).map((list) =>
    'List' in list ? list.List.items?.[at] : undefined,
  );
  const target = select.targetList?.[at];
  const values =
    lists.length > 0 ? lists : [target && 'ResTarget' in target ? target.ResTarget.val : undefined];
  const terms = freeTerms(subject, relation);
  const given = values.flatMap((value) =>
    valuesOf(terms, (scope) => evaluate(value, namesOf(table, [table], scope))),
  );
  if (given.every((value) => value.kind === 'key' && value.whose === 'asked'))
    return { relation, rows: 'closed' };
  const isFree = (value: Value) => value.kind === 'term' && value.why === undefined;
  return { relation, rows: given.some(isFree) ? 'open' : 'unknown' };
}

/** The rest of a FROM may hold rows of any tenant. */
function rowsOf(subject: Subject, table: Table, tables: readonly Table[], level: Level): Reading['rows'] {
  const conditions = [level.where, ...level.from.flatMap((from) => conditionsFor(from, table.alias))];
  // Without a column of its own, whose row it is depends on the rows it refers to.
  if (table.relation.tenantColumn === undefined) return conditions.some(Boolean) ? 'unknown' : 'open';
  const trees = conditions.filter((each) => each !== undefined);
  return admission(freeTerms(subject, table.relation), (scope) => {
    const inner = namesOf(table, tables, scope);
    return all(
      trees.map((tree) => () => evaluate(tree, inner)),
      scope.here,
    );
  });
}

/** An outer join's condition does not hold back the rows of the side that it keeps whole. */
function conditionsFor(from: Node, alias: string): (Node | undefined)[] {
  if (!('JoinExpr' in from)) return [];
  const { jointype, larg, rarg, quals } = from.JoinExpr;
  const within = (side: Node | undefined) =>
    side !== undefined && tablesIn(side).some((table) => (table.alias?.aliasname ?? table.relname) === alias);
  const applies =
    jointype === 'JOIN_INNER' ||
    (jointype === 'JOIN_LEFT' && within(rarg)) ||
    (jointype === 'JOIN_RIGHT' && within(larg));
  const inner = [larg, rarg].filter(
    (side) => side !== undefined && (jointype === 'JOIN_INNER' || within(side)),
  );
  return [...(applies ? [quals] : []), ...inner.flatMap((side) => (side ? conditionsFor(side, alias) : []))];
}

/** What the names of a statement stand for, where `table` is the one whose rows are asked about. */
function namesOf(table: Table, tables: readonly Table[], scope: Scope): Scope {
  const { question } = scope;
  const rowOf = (each: Table) =>
    each === table && question.own
      ? question.own
      : rowMet(each.relation.relation, `from ${each.alias}`, scope);
  const column = (parts: readonly string[]): Value | undefined => {
    const [qualifier] = parts;
    const owner =
      parts.length > 1
        ? tables.find(({ alias }) => alias === qualifier)
        : tables.find(({ relation }) => relation.relation.columns.some(({ name }) => name === qualifier));
    return owner ? rowIn(rowOf(owner))([parts.at(-1) ?? '']) : ofTriggerRow(question, parts, table);
  };
  // Whatever the caller passes in, the caller chooses.
  const parameter = (number: number): Value => free(`parameter ${number}`);
  // Whether the search path is fixed is another matter.
  return { ...scope, bareNames: true, anyPath: false, column, parameter };
}

const free = (text: string): Value => ({ kind: 'term', text, type: undefined, nullable: true });

/** Row security has passed the row that fires a trigger: its tenant is the one asked for. */
function ofTriggerRow(
  { subject, asked }: Scope['question'],
  parts: readonly string[],
  table: Table,
): Value | undefined {
  const [record, name] = parts;
  if (record !== 'new' && record !== 'old')
    return parts.length === 1 ? free(`parameter ${record}`) : undefined;
  const keys = [table.relation.tenantColumn, subject.tenancy.root?.tenantColumn];
  return keys.includes(name) ? asked : undefined;
}
