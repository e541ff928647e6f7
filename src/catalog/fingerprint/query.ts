import { OTHER_PARTS } from './others.js';
import { RELATION_PARTS, RELATIONS } from './relations.js';

/** Raised when the same schema is written down in another way: older fingerprints are then not compared. */
export const FORMAT = 1;

/**
 * CTEs that end in `seen (kind, identity, parent, definition)`: every object of the watched schemas, written down so that
 * equal text means an equal schema. For a search_path of `pg_catalog, pg_temp`, which has every name carry its schema.
 *
 * What varies by itself is left out (values of sequences, statistics, sizes), as are comments, the order of columns,
 * and what belongs to the database or the cluster as a whole (roles, settings, grants on the database).
 */
export const SEEN = `
  rel as materialized (${RELATIONS}),
  seen (kind, identity, parent, definition) as materialized (
${[...RELATION_PARTS, ...OTHER_PARTS].join('\n  union all\n')})`;
