import type { Relation } from '../../catalog/snapshot.js';
import type { ClassifiedRelation } from '../../tenancy/model.js';
import { isStored } from './world.js';

/**
 * The tables of tenants in the order in which their rows can be made: each after those that it must refer to, and
 * where possible after those that it may refer to. While a table is probed, nothing refers to its rows yet, so that a
 * blind DELETE is answered by its policies and not by a foreign key.
 */
export function tablesInOrder(relations: readonly ClassifiedRelation[]): ClassifiedRelation[] {
  const waiting = relations.filter(
    (known) => (known.class === 'root' || known.class === 'tenant') && isStored(known.relation),
  );
  waiting.sort((a, b) => Number(b.class === 'root') - Number(a.class === 'root'));
  const open = new Set(waiting.map(({ relation }) => relation.oid));
  const ordered: ClassifiedRelation[] = [];
  while (waiting.length > 0) {
    const isReady = (nullable: boolean) => (known: ClassifiedRelation) =>
      referencesOf(known.relation, nullable).every((oid) => oid === known.relation.oid || !open.has(oid));
    const ready = waiting.filter(isReady(false));
    // Where tables need one another, none is ready: whichever comes first will say so.
    const next = ready.find(isReady(true)) ?? ready[0] ?? waiting[0];
    if (!next) break;
    waiting.splice(waiting.indexOf(next), 1);
    open.delete(next.relation.oid);
    ordered.push(next);
  }
  return ordered;
}

/** Oids of the relations that a relation refers to: by keys that may be NULL, or by those that must be there. */
function referencesOf(relation: Relation, nullable: boolean): number[] {
  const mayBeNull = (columns: string[]) =>
    columns.some((name) => relation.columns.some((column) => column.name === name && !column.notNull));
  return relation.constraints.flatMap(({ foreignKey, columns }) =>
    foreignKey && mayBeNull(columns) === nullable ? [foreignKey.relation] : [],
  );
}
