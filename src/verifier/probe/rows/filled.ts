import type { Relation } from '../../../catalog/snapshot.js';
import { columnNamed } from '../world/subject.js';
import type { RowValues, World } from '../world/world.js';
import { makeRow } from './make.js';
import type { Unmet } from './references.js';
import { newToken, valuesFor } from './values.js';

/**
 * Values of a new row of a tenant's, as the database takes them, in which each of the columns is given, and none of them
 * NULL. The row is not left there.
 */
export async function filledRow(
  world: World,
  relation: Relation,
  tenant: string,
  columns: readonly string[],
): Promise<{ given: RowValues } | Unmet> {
  const run = world.session.as(tenant).attempt;
  const first = await makeRow(world, relation, tenant, new Map(), run);
  if ('reason' in first) return first;
  const demands = new Map<string, string>();
  for (const name of columns) {
    const column = columnNamed(relation, name);
    if (typeof first.row.get(name) === 'string' || !column) continue;
    const [value] = await valuesFor(column, newToken());
    if (value === undefined) return { reason: `no value is known for ${name} of type ${column.type}` };
    demands.set(name, value);
  }
  const found = demands.size === 0 ? first : await makeRow(world, relation, tenant, demands, run);
  if ('reason' in found) return found;
  const known = columns.map((name) => [name, found.row.get(name) ?? null] as const);
  return { given: new Map([...found.given, ...known]) };
}
