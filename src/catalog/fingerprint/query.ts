import { OTHER_PARTS } from './others.js';
import { RELATION_PARTS, relations } from './relations.js';
import { type Has, SELDOM } from './sql.js';

/** Raised when the same schema is written down in another way: older fingerprints are then not compared. */
export const FORMAT = 1;

const PARTS = [...RELATION_PARTS, ...OTHER_PARTS];

/** SQL for an array of booleans: what of SELDOM there is. */
export const THERE = `array[${Object.values(SELDOM).join(', ')}]`;

/**
 * CTEs that end in `seen (kind, identity, parent, definition)`: every object of the watched schemas, written down so that
 * equal text means an equal schema. For a search_path of `pg_catalog, pg_temp`, which has every name carry its schema.
 *
 * What varies by itself is left out (values of sequences, statistics, sizes), as are comments, the order of columns,
 * and what belongs to the database or the cluster as a whole (roles, settings, grants on the database).
 *
 * @param there what THERE has said in the same transaction
 */
export function seenAmong(there: readonly boolean[]): string {
  const kinds = Object.keys(SELDOM).filter((_, at) => there[at]);
  const has: Has = (kind) => kinds.includes(kind);
  const parts = PARTS.filter(({ of }) => of === undefined || has(of)).map(({ sql }) => sql(has));
  return `
  rel as materialized (${relations(has)}),
  seen (kind, identity, parent, definition) as materialized (
${parts.join('\n  union all\n')})`;
}
