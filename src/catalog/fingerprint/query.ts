import { OTHER_PARTS } from './others.js';
import { RELATION_PARTS, RELATIONS } from './relations.js';

/** Raised when the same schema is written down in another way: older fingerprints are then not compared. */
export const FORMAT = 1;

const PARTS = [...RELATION_PARTS, ...OTHER_PARTS];

/** SQL for an array of booleans: which parts there may be something of. */
export const THERE = `array[${PARTS.map(({ there = 'true' }) => there).join(', ')}]`;

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
  const parts = PARTS.filter((_, at) => there[at]).map(({ sql }) => sql);
  return `
  rel as materialized (${RELATIONS}),
  seen (kind, identity, parent, definition) as materialized (
${parts.join('\n  union all\n')})`;
}
