import type { Node } from 'libpg-query';
import type { ClassifiedRelation } from '../../tenancy/model.js';
import type { Subject } from '../check.js';
import { evaluate } from './evaluate.js';
import { findAll, type NodeOf } from './nodes.js';
import { admits, and, FREE, OPAQUE, type Value } from './value.js';
import { columnsOf, otherTenant, worldOf } from './worlds.js';

/** One tenant relation that a statement takes rows from, and whether it holds them to the tenant asked for. */
export interface Reading {
  relation: ClassifiedRelation;
  /** open: rows of other tenants come through; unknown: nobody can say without running it. */
  rows: 'open' | 'unknown' | 'closed';
}

/** Finds the relation that a statement means by a name. */
export type Resolve = (schema: string | undefined, name: string) => ClassifiedRelation | undefined;

/** A FROM clause with the conditions that its rows have to meet. */
interface Level {
  from: Node[];
  where: Node | undefined;
}

interface Table {
  alias: string;
  relation: ClassifiedRelation;
}

/**
 * The tenant relations whose rows a statement, run by someone whom row security does not bind, returns or changes. What
 * stands in a WHERE only selects, and is not looked into.
 */
export function readingsOf(subject: Subject, statement: Node, resolve: Resolve): Reading[] {
  return levelsOf(statement).flatMap((level) => {
    const tables = level.from.flatMap(tablesIn).flatMap(({ schemaname, relname, alias }): Table[] => {
      const relation = resolve(schemaname, relname ?? '');
      return relation ? [{ alias: alias?.aliasname ?? relname ?? '', relation }] : [];
    });
    return tables
      .filter(({ relation }) => relation.class === 'tenant' || relation.class === 'root')
      .map((table) => ({ relation: table.relation, rows: rowsOf(subject, table, tables, level) }));
  });
}

function levelsOf(statement: Node): Level[] {
  const withQueries = 'SelectStmt' in statement ? statement.SelectStmt.withClause : undefined;
  const ctes = findAll(withQueries?.ctes, 'CommonTableExpr').flatMap((cte) =>
    cte.ctequery ? levelsOf(cte.ctequery) : [],
  );
  if ('SelectStmt' in statement) return [...ctes, ...selectLevels(statement.SelectStmt)];
  if ('InsertStmt' in statement) {
    const { selectStmt } = statement.InsertStmt;
    return selectStmt ? levelsOf(selectStmt) : [];
  }
  if ('UpdateStmt' in statement) {
    const { relation, fromClause, whereClause } = statement.UpdateStmt;
    return [
      { from: [...(relation ? [{ RangeVar: relation }] : []), ...(fromClause ?? [])], where: whereClause },
    ];
  }
  if ('DeleteStmt' in statement) {
    const { relation, usingClause, whereClause } = statement.DeleteStmt;
    return [
      { from: [...(relation ? [{ RangeVar: relation }] : []), ...(usingClause ?? [])], where: whereClause },
    ];
  }
  return [];
}

function selectLevels(select: NodeOf<'SelectStmt'>): Level[] {
  const inner = [
    ...[select.larg, select.rarg].flatMap((arm) => (arm ? [{ SelectStmt: arm } as Node] : [])),
    ...findAll(select.fromClause, 'RangeSubselect').flatMap(({ subquery }) => (subquery ? [subquery] : [])),
    ...findAll(select.targetList, 'SubLink').flatMap(({ subselect }) => (subselect ? [subselect] : [])),
  ].flatMap(levelsOf);
  const own = select.fromClause ? [{ from: select.fromClause, where: select.whereClause }] : [];
  return [...own, ...inner];
}

function tablesIn(from: Node): NodeOf<'RangeVar'>[] {
  if ('RangeVar' in from) return [from.RangeVar];
  if (!('JoinExpr' in from)) return [];
  return [from.JoinExpr.larg, from.JoinExpr.rarg].flatMap((side) => (side ? tablesIn(side) : []));
}

/** The rest of a FROM may hold rows of the tenant asked for or of the other: each combination is tried. */
function rowsOf(subject: Subject, table: Table, tables: readonly Table[], level: Level): Reading['rows'] {
  const others = tables.filter((other) => other !== table && other.relation.tenantColumn !== undefined);
  const conditions = [level.where, ...level.from.flatMap((from) => conditionsFor(from, table.alias))];
  // Without a column of its own, whose row it is depends on the rows it refers to.
  if (table.relation.tenantColumn === undefined) return conditions.some(Boolean) ? 'unknown' : 'open';
  let rows: Reading['rows'] = 'closed';
  for (let combination = 0; combination < 2 ** Math.min(others.length, 6); combination += 1) {
    const asked = new Set(others.filter((_, index) => ((combination >> index) & 1) === 1));
    const value = and(
      conditions.flatMap((condition) =>
        condition ? [evaluate(condition, worldFor(subject, table, tables, asked))] : [],
      ),
    );
    if (admits(value)) return 'open';
    if (value.kind === 'opaque') rows = 'unknown';
  }
  return rows;
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

function worldFor(subject: Subject, table: Table, tables: readonly Table[], asked: ReadonlySet<Table>) {
  const column = (parts: readonly string[]): Value => {
    const [qualifier] = parts;
    const owner =
      parts.length > 1
        ? tables.find(({ alias }) => alias === qualifier)
        : tables.find(({ relation }) => relation.relation.columns.some(({ name }) => name === qualifier));
    if (!owner) return ofTriggerRow(parts, table);
    const key: Value = asked.has(owner) ? { kind: 'asked' } : otherTenant(table.relation);
    return columnsOf(owner.relation, key)(parts);
  };
  const world = worldOf(subject, table.relation.relation, {
    context: 'set',
    currentUser: undefined,
    sessionUser: subject.app.role?.name,
    column,
  });
  // Whatever the caller passes in, the caller chooses.
  return { ...world, parameter: () => FREE };
}

/** Row security has passed the row that fires a trigger: its tenant is the one asked for. */
function ofTriggerRow(parts: readonly string[], table: Table): Value {
  const [record, name] = parts;
  if (record !== 'new' && record !== 'old') return parts.length === 1 ? FREE : OPAQUE;
  return name === table.relation.tenantColumn ? { kind: 'asked' } : OPAQUE;
}
