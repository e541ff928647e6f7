import type { Side, Subject } from './subject.js';
import type { Setting } from './table.js';
import { type RowValues, rowsMade, type World } from './world.js';

/** What makes a row the other tenant's: the tenant column, or the reference that leads to its tenant. */
export function ownerOf(
  world: World,
  { known, access, relation }: Subject,
  victim: Side,
  setting: Setting,
): RowValues {
  const { tenantColumn, path } = known;
  if (tenantColumn !== undefined) {
    // Another existing key would be refused by the root's primary key as well.
    const value = known.class === 'root' ? setting.unused : victim.tenant;
    return access.update.includes(tenantColumn) ? new Map([[tenantColumn, value]]) : new Map();
  }
  const [step] = path;
  const parent = step && world.byOid.get(step.to);
  const row = parent && rowsMade(world, parent.relation, victim.tenant)[0];
  const columns = step?.columns.filter((name) => access.update.includes(name)) ?? [];
  if (!step || !row || columns.length < step.columns.length || relation.oid === step.to) return new Map();
  return new Map(step.columns.map((name, index) => [name, row.get(step.references[index] ?? '') ?? null]));
}
