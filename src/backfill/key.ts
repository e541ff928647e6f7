import type { Relation } from '../catalog/snapshot.js';

/**
 * The columns that tell the rows of a table apart and put them in an order: the primary key, else a unique index that
 * holds for every row. undefined where there is none.
 *
 * @param except a column that is about to change
 */
export function tableKey(relation: Relation, except: string): string[] | undefined {
  const notNull = new Set(relation.columns.filter((column) => column.neverNull).map((column) => column.name));
  // An index may have a collation of its own, by which two rows differ that are equal to the column's.
  const loose = new Set(relation.columns.filter((c) => !c.collationDeterministic).map((c) => c.name));
  const deferrable = new Set(relation.constraints.filter((c) => c.deferrable).map((c) => c.name));
  const usable = relation.indexes.filter(
    (index) =>
      index.unique &&
      index.valid &&
      index.predicate === undefined &&
      // The name of an expression is ''.
      index.columns.every((column) => notNull.has(column) && column !== except) &&
      !(index.constraint === undefined && index.columns.some((column) => loose.has(column))) &&
      // A deferred one may be violated for a while, and then two rows share a place in the order.
      !(index.constraint !== undefined && deferrable.has(index.constraint)),
  );
  const primary = usable.find((index) => index.primary);
  const [shortest] = usable.toSorted((a, b) => a.columns.length - b.columns.length);
  return (primary ?? shortest)?.columns;
}
