import type { Relation } from '../../../catalog/snapshot.js';
import { rowsMade, type World } from '../world/world.js';
import type { Tenants } from './tenants.js';

/** By what a text is known to tell of a tenant. Nothing that the probe did not make of chance: nothing else may look like it. */
export interface Telltales {
  /** The tenant's key; '' where it is too short to be told from other texts. */
  key: string;
  /** Values of the tenant's rows. */
  values: string[];
}

/** What a value made of chance has in it: a uuid, a hash, a text of the probe's own. As PostgreSQL and JavaScript read it. */
export const BY_CHANCE = '[0-9A-Fa-f]{12}';

const SHORTEST_KEY = 5;

/** Whether a text that the server wrote shows what is made of chance in rows that a tenant was given, or its key. */
export function shows(text: string, tenant: string, values: readonly string[]): boolean {
  const isKey = tenant.length >= SHORTEST_KEY && new RegExp(`\\b${tenant}\\b`).test(text);
  return isKey || values.some((value) => isByChance(value) && text.includes(value));
}

const isByChance = (value: string): boolean => new RegExp(BY_CHANCE).test(value);

/** What tells of the second tenant, and not of the first. */
export function telltalesOf(world: World, { a, b }: Tenants): Telltales {
  const valuesOf = (tenant: string) =>
    world.snapshot.relations.flatMap((relation) => {
      const foreign = referencesElsewhere(world, relation);
      return rowsMade(world, relation, tenant).flatMap((row) =>
        [...row].flatMap(([column, value]) => (value === null || foreign.has(column) ? [] : value)),
      );
    });
  const common = new Set([a, b, ...valuesOf(a)]);
  const values = new Set(valuesOf(b).filter((value) => isByChance(value) && !common.has(value)));
  return { key: b.length < SHORTEST_KEY ? '' : b, values: [...values] };
}

/** Columns that name what belongs to no tenant, a plan or a country: which one, says nothing of whose the row is. */
function referencesElsewhere({ byOid }: World, { constraints }: Relation): Set<string> {
  const isElsewhere = (oid: number) => !['root', 'tenant'].includes(byOid.get(oid)?.class ?? '');
  return new Set(
    constraints.flatMap(({ foreignKey, columns }) =>
      foreignKey && isElsewhere(foreignKey.relation) ? columns : [],
    ),
  );
}
