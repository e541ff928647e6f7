import type { Relation } from '../../catalog/snapshot.js';
import { quoteIdent, quoteName } from '../../identifiers.js';

/** Enough to see the size of the damage; counting on would read the rest of the table. */
export const COUNTED_AT_MOST = 1000;

/** The relation in a FROM clause: without the rows of tables that inherit from it, which are asked for themselves. */
export function ownRows(relation: Relation): string {
  return `${relation.kind === 'table' ? 'only ' : ''}${quoteName(relation)}`;
}

/**
 * Counts offending rows, up to a limit, and shows the key of one.
 *
 * @param from what follows FROM; the offending relation's alias is c
 */
export function countingSql(relation: Relation, from: string): string {
  return `select count(*)::int as count, min(x.example) as example
    from (select ${exampleOf(relation)} as example from ${from} limit ${COUNTED_AT_MOST}) x`;
}

function exampleOf(relation: Relation): string {
  const key = relation.constraints.find((constraint) => constraint.kind === 'primary key')?.columns ?? [];
  if (key.length === 0) return `'ctid ' || c.ctid::text`;
  return `concat_ws(', ', ${key.map((column) => `c.${quoteIdent(column)}::text`).join(', ')})`;
}
