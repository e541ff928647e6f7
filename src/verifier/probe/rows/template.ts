import { quoteIdent, quoteName } from '../../../identifiers.js';
import type { ClassifiedRelation } from '../../../tenancy/model.js';
import type { CommittedRows } from '../world/committed.js';
import { accessTo, type RowValues, type World } from '../world/world.js';

/**
 * What a row that exists holds, read by the login in its own tenant's context, save what must differ from row to row or
 * refers to another: a trigger may ask for values that nothing in the catalog names.
 *
 * @returns values to demand of a new row; undefined where no row can be read
 */
export async function templateOf(
  world: World,
  known: ClassifiedRelation,
  committed: CommittedRows,
): Promise<RowValues | undefined> {
  const { relation, tenantColumn } = known;
  const [tenant] = (await committed.tenantsOf(known, 1)) ?? [];
  if (tenant === undefined) return undefined;
  const own = new Set([
    ...relation.indexes.filter(({ unique }) => unique).flatMap(({ columns }) => columns),
    ...relation.constraints.flatMap(({ kind, columns }) => (kind === 'foreign key' ? columns : [])),
  ]);
  const { select, insert } = accessTo(world, relation);
  const columns = relation.columns
    .filter(({ name, generated, identity }) => !generated && identity === undefined && name !== tenantColumn)
    .map(({ name }) => name)
    .filter((name) => !own.has(name) && select.includes(name) && insert.includes(name));
  if (columns.length === 0) return undefined;
  const text = `select ${columns.map(quoteIdent).join(', ')} from ${quoteName(relation)} limit 1`;
  const attempt = await world.session.as(tenant).attempt({ text });
  const row = attempt.ok ? attempt.rows[0] : undefined;
  return row && new Map(columns.map((name, index) => [name, row[index] ?? null]));
}
