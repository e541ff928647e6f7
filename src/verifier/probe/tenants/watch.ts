import { displayName } from '../../../identifiers.js';
import type { ClassifiedRelation } from '../../../tenancy/model.js';
import type { Proof } from '../proof/proof.js';
import { dependentsByBase } from '../world/derived.js';
import type { World } from '../world/world.js';
import { differ, judgeSights, type Reader, type Sight, sights } from './differential.js';

/** What came of watching one derived relation. */
export interface Watched {
  proofs: Proof[];
  /** Whether the rows that the probe made show in it at all, for their own tenant. */
  shows: boolean;
}

/** Watches derived relations while rows are added to the tables below them. */
export interface Watch {
  /** Only the first tenant's row is in the table. */
  beforeSecond(table: ClassifiedRelation, first: string, second: string): Promise<void>;
  /** Now the second tenant's row is there, too. */
  afterSecond(table: ClassifiedRelation): Promise<void>;
  of(known: ClassifiedRelation): Watched;
}

export function openWatch(world: World, strangers: readonly Reader[]): Watch {
  const dependents = dependentsByBase(world);
  const watched = new Map<number, Watched>();
  let before: Sight[] = [];
  let owner = '';

  const of = ({ relation }: ClassifiedRelation): Watched => {
    const known = watched.get(relation.oid) ?? { proofs: [], shows: false };
    watched.set(relation.oid, known);
    return known;
  };
  return {
    of,
    beforeSecond: async (table, first, second) => {
      owner = second;
      const relations = dependents.get(table.relation.oid) ?? [];
      const tenants = [first, second].map((value): Reader => ({ context: 'tenant', value }));
      before = await sights(world, relations, [...tenants, ...strangers]);
    },
    afterSecond: async (table) => {
      for (const seen of before) {
        const [after] = await sights(world, [seen.known], [seen.reader]);
        if (!after) continue;
        const result = of(seen.known);
        const changed = seen.attempt.ok && after.attempt.ok && differ(seen.attempt, after.attempt);
        if (seen.reader.value === owner) {
          result.shows ||= changed;
          continue;
        }
        const [again] = changed ? await sights(world, [seen.known], [seen.reader]) : [after];
        result.proofs.push(judgeSights(seen, after, (again ?? after).attempt, displayName(table.relation)));
      }
      before = [];
    },
  };
}
