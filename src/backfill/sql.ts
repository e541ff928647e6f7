import type { Relation } from '../catalog/snapshot.js';
import { quoteIdent, quoteName } from '../identifiers.js';
import type { TablePlan } from './plan.js';

/** A table whose rows have an order: what batches are made of. */
export type KeyedPlan = TablePlan & { key: string[] };

/** Why a row was left unfilled. */
export type LeftReason = 'conflict' | 'orphan' | 'parent' | 'no-link';

/** Ends of a range of keys, as text; `from` is exclusive and undefined at the very beginning, `to` inclusive. */
export interface Range {
  from: string[] | undefined;
  to: string[];
}

/** Whether a statement is about every row, or only those that are unfilled. */
export type Rows = 'all' | 'unfilled';

/** Collects values as parameters: $1, $2, … */
export class Parameters {
  readonly values: unknown[] = [];
  add(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}

export interface Query {
  text: string;
  values: unknown[];
}

/** The table as a source of rows: its own ones, unless they are those of its partitions. */
export function source(relation: Relation): string {
  return `${relation.kind === 'partitioned table' ? '' : 'only '}${quoteName(relation)}`;
}

/** The greatest key: rows that are inserted while a run goes on must not keep it from ending. One row, or none. */
export function lastKeyQuery(plan: KeyedPlan, rows: Rows): Query {
  const order = plan.key.map((name) => `t.${quoteIdent(name)} desc`).join(', ');
  const text = `select ${keyAsText(plan, 't')} as key from ${source(plan.relation)} t
    where ${rows === 'all' ? 'true' : unfilled(plan)} order by ${order} limit 1`;
  return { text, values: [] };
}

/** The key that ends the next `size` rows of a range; none where there are fewer. */
export function batchEndQuery(plan: KeyedPlan, range: Range, rows: Rows, size: number): Query {
  const parameters = new Parameters();
  const text = `select ${keyAsText(plan, 't')} as key from ${source(plan.relation)} t
    where ${inRange(plan, range, parameters)}${rows === 'all' ? '' : ` and ${unfilled(plan)}`}
    order by ${orderOf(plan, 't')} offset ${parameters.add(size - 1)} limit 1`;
  return { text, values: parameters.values };
}

/** How many rows there are, and how many unfilled ones. */
export function countQuery(plan: TablePlan): Query {
  const none = plan.missing ? 'true' : unfilled(plan);
  const text = `select count(*)::float8 as rows, count(*) filter (where ${none})::float8 as unfilled
    from ${source(plan.relation)} t`;
  return { text, values: [] };
}

/** Rows of `t` without a tenant. */
export function unfilled(plan: TablePlan): string {
  return `t.${quoteIdent(plan.column)} is null`;
}

/** Row comparison, not one condition per column: it is what the index on the key can serve. */
export function inRange(plan: KeyedPlan, range: Range, parameters: Parameters): string {
  const types = new Map(plan.relation.columns.map((column) => [column.name, column.type]));
  const left = `(${plan.key.map((name) => `t.${quoteIdent(name)}`).join(', ')})`;
  const right = (key: string[]) =>
    `(${plan.key.map((name, index) => `${parameters.add(key[index])}::${types.get(name)}`).join(', ')})`;
  const upTo = `${left} <= ${right(range.to)}`;
  return range.from === undefined ? upTo : `${left} > ${right(range.from)} and ${upTo}`;
}

/** '' for a type without collations. */
export function collate(collation: string | undefined): string {
  return collation === undefined ? '' : ` collate ${collation}`;
}

export function orderOf(plan: KeyedPlan, row: string): string {
  return plan.key.map((name) => `${row}.${quoteIdent(name)}`).join(', ');
}

function keyAsText(plan: KeyedPlan, row: string): string {
  return `array[${plan.key.map((name) => `${row}.${quoteIdent(name)}::text`).join(', ')}]`;
}
