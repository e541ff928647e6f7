import type { Relation } from '../../../catalog/snapshot.js';
import type { ClassifiedRelation } from '../../../tenancy/model.js';
import { isStored, type World } from './world.js';

/** Whether a relation of tenants shows rows that are stored elsewhere: a view, or a table that others inherit from. */
export function isDerived({ relation, class: kind, tenantColumn, path }: ClassifiedRelation): boolean {
  if (kind !== 'tenant') return false;
  return relation.kind === 'view' || (isStored(relation) && tenantColumn === undefined && path.length === 0);
}

/** Oids of the tables whose rows show in a relation, however many views away. */
export function basesOf(world: World, { relation }: ClassifiedRelation): Set<number> {
  const found = new Set<number>();
  const seen = new Set<number>();
  const follow = (current: Relation): void => {
    if (seen.has(current.oid)) return;
    seen.add(current.oid);
    if (isStored(current) && current.oid !== relation.oid) found.add(current.oid);
    for (const child of world.children.get(current.oid) ?? []) follow(child);
    for (const oid of current.reads) {
      const read = world.byOid.get(oid);
      if (read) follow(read.relation);
    }
  };
  follow(relation);
  return found;
}

/** Oid of a table → the derived relations in which its rows show. */
export function dependentsByBase(world: World): Map<number, ClassifiedRelation[]> {
  const dependents = new Map<number, ClassifiedRelation[]>();
  for (const known of world.byOid.values()) {
    if (!isDerived(known)) continue;
    for (const base of basesOf(world, known)) {
      dependents.set(base, [...(dependents.get(base) ?? []), known]);
    }
  }
  return dependents;
}
