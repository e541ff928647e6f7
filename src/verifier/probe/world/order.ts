import type { Relation } from '../../../catalog/snapshot.js';
import type { ClassifiedRelation } from '../../../tenancy/model.js';
import { isStored } from './world.js';

/**
 * The tables of tenants in the order in which their rows can be made: each after those that it must refer to, and
 * where possible after those that it may refer to. While a table is probed, nothing refers to its rows yet, so that a
 * blind DELETE is answered by its policies and not by a foreign key.
 */
export function tablesInOrder(relations: readonly ClassifiedRelation[]): ClassifiedRelation[] {
  let waiting = relations
    .filter((known) => (known.class === 'root' || known.class === 'tenant') && isStored(known.relation))
    .sort((a, b) => Number(b.class === 'root') - Number(a.class === 'root'))
    .map((known) => ({ known, ...referencesOf(known.relation) }));
  const open = new Set(waiting.map(({ known }) => known.relation.oid));
  const isPlaced = (oid: number) => !open.has(oid);
  const ordered: ClassifiedRelation[] = [];
  while (waiting.length > 0) {
    const ready = waiting.filter(({ required }) => required.every(isPlaced));
    const free = ready.filter(({ optional }) => optional.every(isPlaced));
    // Where tables need one another, none is ready: whichever comes first will say so.
    const next = new Set(free.length > 0 ? free : [ready[0] ?? waiting[0]]);
    for (const table of next) {
      if (!table) continue;
      open.delete(table.known.relation.oid);
      ordered.push(table.known);
    }
    waiting = waiting.filter((table) => !next.has(table));
  }
  return ordered;
}

/** Oids of the other relations that a relation refers to: by keys that must be there, and by those that may be NULL. */
function referencesOf(relation: Relation): { required: number[]; optional: number[] } {
  const nullable = new Set(relation.columns.filter(({ notNull }) => !notNull).map(({ name }) => name));
  const references = relation.constraints.flatMap(({ foreignKey, columns }) =>
    foreignKey && foreignKey.relation !== relation.oid
      ? [{ to: foreignKey.relation, optional: columns.some((name) => nullable.has(name)) }]
      : [],
  );
  return {
    required: references.filter(({ optional }) => !optional).map(({ to }) => to),
    optional: references.filter(({ optional }) => optional).map(({ to }) => to),
  };
}
