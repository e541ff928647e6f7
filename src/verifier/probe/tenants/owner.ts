import type { Relation } from '../../../catalog/snapshot.js';
import type { Side, Subject } from '../world/subject.js';
import { type RowValues, rowsMade, type World } from '../world/world.js';
import type { Setting } from './setting.js';

/**
 * What makes a row the other tenant's: the tenant column, with what refers along with it, or the reference that leads to
 * its tenant.
 */
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
    if (!access.update.includes(tenantColumn)) return new Map();
    // A row that still refers to its old tenant's would be refused by the foreign key, which says nothing of policies.
    const along = relation.constraints
      .filter(({ foreignKey, columns }) => foreignKey && columns.includes(tenantColumn))
      .flatMap(({ columns }) => columns)
      .filter((name) => isGiven(relation, name) && access.update.includes(name) && victim.row.has(name))
      .map((name) => [name, victim.row.get(name) ?? null] as const);
    return new Map([...along, [tenantColumn, value]]);
  }
  const [step] = path;
  const parent = step && world.byOid.get(step.to);
  const row = parent && rowsMade(world, parent.relation, victim.tenant)[0];
  const columns = step?.columns.filter((name) => access.update.includes(name)) ?? [];
  if (!step || !row || columns.length < step.columns.length || relation.oid === step.to) return new Map();
  return new Map(step.columns.map((name, index) => [name, row.get(step.references[index] ?? '') ?? null]));
}

/** Whether an UPDATE may give it a value: one that is generated follows by itself. */
function isGiven(relation: Relation, name: string): boolean {
  return relation.columns.some(
    (column) => column.name === name && !column.generated && column.identity !== 'always',
  );
}
