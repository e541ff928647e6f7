import type { ClassifiedRelation } from '../../tenancy/model.js';
import { looksUp, lookupsIn } from '../policy/signature.js';
import { dependentsByBase } from './world/derived.js';
import type { World } from './world/world.js';

/** The server answers one while the next is thought about; at the end of a batch the last one is waited for. */
const AT_ONCE = 32;

/**
 * The tables in their order, those together that can be tried at the same time: nothing that is done to one of them shows
 * in another. None refers to another, or could have a row of it made; no view, trigger, rule or expression leads from one
 * table to the next.
 */
export function inBatches(world: World, order: readonly ClassifiedRelation[]): ClassifiedRelation[][] {
  const isPlain = plainIn(world, order);
  const positions = positionsIn(order);
  const batches: ClassifiedRelation[][] = [];
  for (const [index, known] of order.entries()) {
    const batch = batches.at(-1);
    const first = batch?.[0];
    const start = index - (batch?.length ?? 0);
    const isApart = targetsOf(known).every((oid) => (positions.get(oid) ?? -1) < start);
    if (batch && first && batch.length < AT_ONCE && isApart && isPlain(first) && isPlain(known))
      batch.push(known);
    else batches.push([known]);
  }
  return batches;
}

/** Whether all that a table's probe reads and changes are its own rows, and those of tables long before it. */
function plainIn(world: World, order: readonly ClassifiedRelation[]): (known: ClassifiedRelation) => boolean {
  const { model, snapshot, children, byOid, contacts } = world;
  const positions = positionsIn(order);
  const shown = dependentsByBase(world);
  const lookups = lookupsIn(snapshot.functions);
  const referrers = referrersIn(world);
  // Statements of its own may look at rows, whichever they are.
  const bySetting = 'setting' in model.config.context;
  const isInOrder = (known: ClassifiedRelation, position: number) =>
    targetsOf(known).every((oid) => isBefore(oid, position)) &&
    (referrers.get(known.relation.oid) ?? []).every((oid) => (positions.get(oid) ?? -1) > position);
  const isBefore = (oid: number, position: number) => {
    const kind = byOid.get(oid)?.class;
    const holdsTenants = kind === 'tenant' || kind === 'root';
    return !holdsTenants || (positions.get(oid) ?? position) < position;
  };
  return (known) => {
    const { relation, tenantColumn } = known;
    const texts = [
      ...relation.policies.flatMap(({ using, check }) => [using ?? '', check ?? '']),
      ...relation.constraints.map(({ definition }) => definition),
      ...relation.columns.map(({ defaultExpression }) => defaultExpression ?? ''),
    ];
    return (
      bySetting &&
      known.class === 'tenant' &&
      tenantColumn !== undefined &&
      relation.kind === 'table' &&
      [relation.parents, relation.triggers, relation.rules].every(({ length }) => length === 0) &&
      !children.has(relation.oid) &&
      !shown.has(relation.oid) &&
      // What such a key leads to is made anew.
      contacts.links(known).length === 0 &&
      !texts.some((text) => looksUp(text, lookups)) &&
      isInOrder(known, positions.get(relation.oid) ?? -1)
    );
  };
}

function positionsIn(order: readonly ClassifiedRelation[]): Map<number, number> {
  return new Map(order.map(({ relation }, index) => [relation.oid, index]));
}

/** Oids of the other tables that a table refers to. */
function targetsOf({ relation }: ClassifiedRelation): number[] {
  return relation.constraints
    .flatMap(({ foreignKey }) => foreignKey?.relation ?? [])
    .filter((oid) => oid !== relation.oid);
}

/** Oid of a table → those of the other ones that refer to it. */
function referrersIn({ byOid }: World): Map<number, number[]> {
  const referrers = new Map<number, number[]>();
  for (const known of byOid.values()) {
    for (const oid of targetsOf(known)) {
      const found = referrers.get(oid);
      if (found) found.push(known.relation.oid);
      else referrers.set(oid, [known.relation.oid]);
    }
  }
  return referrers;
}
