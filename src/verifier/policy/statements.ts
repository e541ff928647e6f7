import type { Node } from 'libpg-query';
import { findAll, type NodeOf } from './nodes.js';

/** A FROM clause with the conditions that its rows have to meet. */
export interface Level {
  from: Node[];
  where: Node | undefined;
}

/** The statements within a tree, itself included, wherever one stands that does more than select others' rows. */
export const statementsIn = (tree: unknown): Node[] => givingIn(tree, STATEMENTS);

/** The queries in a statement's own conditions: whether they find rows decides which ones it takes. */
export const choosingIn = (statement: Node): NodeOf<'SubLink'>[] => {
  const [body = {}] = Object.values(statement) as Record<string, unknown>[];
  return Object.entries(body).flatMap(([key, value]) => (SELECTING.has(key) ? queriesIn(value) : []));
};

function queriesIn(tree: unknown): NodeOf<'SubLink'>[] {
  if (typeof tree !== 'object' || tree === null) return [];
  return Object.entries(tree).flatMap(([key, value]) => (key === 'SubLink' ? [value] : queriesIn(value)));
}

/** The names of the functions that a tree calls in the same places. */
export const callsIn = (tree: unknown): Node[][] =>
  givingIn(tree, CALLS).map((node) => ('FuncCall' in node ? (node.FuncCall.funcname ?? []) : []));

function givingIn(tree: unknown, kinds: ReadonlySet<string>): Node[] {
  if (Array.isArray(tree)) return tree.flatMap((item) => givingIn(item, kinds));
  if (typeof tree !== 'object' || tree === null) return [];
  return Object.entries(tree).flatMap(([key, value]) => {
    if (SELECTING.has(key)) return [];
    // The halves of a UNION are no nodes of their own; those of a JOIN are.
    const isHalf = (key === 'larg' || key === 'rarg') && 'op' in value;
    const kind = isHalf ? 'SelectStmt' : key;
    return [...(kinds.has(kind) ? [{ [kind]: value } as Node] : []), ...givingIn(value, kinds)];
  });
}

const CALLS = new Set(['FuncCall']);

const STATEMENTS = new Set(['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt']);
const SELECTING = new Set(['whereClause', 'quals', 'havingClause', 'joinCondition', 'condition']);

/** The rows that a statement itself takes or changes. */
export function levelOf(statement: Node): Level | undefined {
  const target = (relation: NodeOf<'RangeVar'> | undefined) => (relation ? [{ RangeVar: relation }] : []);
  if ('SelectStmt' in statement) {
    const { fromClause, whereClause } = statement.SelectStmt;
    return fromClause && { from: fromClause, where: whereClause };
  }
  if ('UpdateStmt' in statement) {
    const { relation, fromClause = [], whereClause } = statement.UpdateStmt;
    return { from: [...target(relation), ...fromClause], where: whereClause };
  }
  if ('DeleteStmt' in statement) {
    const { relation, usingClause = [], whereClause } = statement.DeleteStmt;
    return { from: [...target(relation), ...usingClause], where: whereClause };
  }
  if (!('MergeStmt' in statement)) return undefined;
  const { relation, sourceRelation, joinCondition, mergeWhenClauses } = statement.MergeStmt;
  // WHEN NOT MATCHED BY SOURCE (17) is about all rows that the condition is not about.
  const isOfOthers = JSON.stringify(mergeWhenClauses ?? []).includes('NOT_MATCHED_BY_SOURCE');
  const from = [...target(relation), ...(sourceRelation ? [sourceRelation] : [])];
  return { from, where: isOfOthers ? undefined : joinCondition };
}

/** What a statement adds rows by: INSERT itself, and WHEN NOT MATCHED of MERGE. */
export function insertionsOf(statement: Node): NodeOf<'InsertStmt'>[] {
  if ('InsertStmt' in statement) return [statement.InsertStmt];
  if (!('MergeStmt' in statement)) return [];
  const { relation, mergeWhenClauses = [] } = statement.MergeStmt;
  return findAll(mergeWhenClauses, 'MergeWhenClause')
    .filter(({ commandType }) => commandType === 'CMD_INSERT')
    .map(({ targetList, values = [] }) => ({
      ...{ relation, cols: targetList },
      selectStmt: { SelectStmt: { valuesLists: [{ List: { items: values } }] } },
    })) as NodeOf<'InsertStmt'>[];
}

/** The tables that an item of FROM names. */
export function tablesIn(from: Node): NodeOf<'RangeVar'>[] {
  if ('RangeVar' in from) return [from.RangeVar];
  if ('RangeTableSample' in from)
    return from.RangeTableSample.relation ? tablesIn(from.RangeTableSample.relation) : [];
  if (!('JoinExpr' in from)) return [];
  return [from.JoinExpr.larg, from.JoinExpr.rarg].flatMap((side) => (side ? tablesIn(side) : []));
}
