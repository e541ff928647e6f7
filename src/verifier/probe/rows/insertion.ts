import type { Relation } from '../../../catalog/snapshot.js';
import { quoteIdent, quoteName } from '../../../identifiers.js';
import type { Statement } from '../session/attempt.js';
import type { RowValues } from '../world/world.js';

export interface InsertOptions {
  /** Columns to return. */
  returning?: readonly string[] | undefined;
  /** `do nothing`, or `(key) do update set …`. */
  onConflict?: string | undefined;
}

/** INSERT of one row; columns that `values` does not have are left out. */
export function insertion(relation: Relation, values: RowValues, options: InsertOptions = {}): Statement {
  const columns = relation.columns.filter((column) => values.has(column.name));
  const returning = (options.returning ?? []).map((name) => quoteIdent(name));
  const overriding = columns.some((column) => column.identity === 'always') ? ' overriding system value' : '';
  const row = columns.map((column, index) => `$${index + 1}::${column.type}`);
  return {
    text: [
      `insert into ${quoteName(relation)}`,
      columns.length === 0
        ? ' default values'
        : ` (${columns.map((column) => quoteIdent(column.name)).join(', ')})${overriding} values (${row.join(', ')})`,
      options.onConflict === undefined ? '' : ` on conflict ${options.onConflict}`,
      returning.length === 0 ? '' : ` returning ${returning.join(', ')}`,
    ].join(''),
    values: columns.map((column) => values.get(column.name) ?? null),
  };
}

/** The row that an INSERT … RETURNING answered with, over what was given to it. */
export function returned(
  given: RowValues,
  returning: readonly string[],
  row: readonly (string | null)[] | undefined,
): RowValues {
  return new Map([
    ...given,
    ...(row ? returning.map((name, index) => [name, row[index] ?? null] as const) : []),
  ]);
}
