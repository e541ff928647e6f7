import type { Constraint, ForeignKey, Relation } from '../../../catalog/snapshot.js';
import { displayName, quoteIdent, quoteName } from '../../../identifiers.js';
import { accessTo, type RowValues, rowsMade, type World } from '../world/world.js';
import type { Effort } from './effort.js';

/** What the foreign keys of a new row decide about it. */
export interface References {
  /** Columns with the key of the parent that they refer to. */
  fixed: Map<string, string | null>;
  /** Nullable columns, with the key of a parent that happens to be there. */
  optional: Map<string, string | null>;
}

export interface Unmet {
  reason: string;
}

/** Makes a row of a parent for the tenant, with the values demanded. */
export type MakeParent = (
  relation: Relation,
  tenant: string,
  demands: RowValues,
) => Promise<RowValues | Unmet>;

/**
 * Finds, or has made, the parents that a new row must or may refer to.
 *
 * @param fixed what is decided already: the tenant, and what is demanded of the row
 */
export async function resolveReferences(
  world: World,
  relation: Relation,
  tenant: string,
  fixed: RowValues,
  effort: Effort,
  makeParent: MakeParent,
): Promise<References | Unmet> {
  const found: References = { fixed: new Map(fixed), optional: new Map() };
  for (const constraint of relation.constraints) {
    const { foreignKey } = constraint;
    if (!foreignKey) continue;
    const open = openColumns(relation, constraint, found.fixed, effort);
    if (open.length === 0) continue;
    const nullable = open.some((name) => !columnOf(relation, name)?.notNull);
    if (nullable && effort.nullReferences) continue;
    const demands = await demandsOn(world, relation, constraint, foreignKey, found.fixed, effort, tenant);
    const parent = await findParent(world, foreignKey, tenant, demands, effort, nullable, makeParent);
    if (parent === undefined) continue;
    if ('reason' in parent) return nullable ? found : parent;
    const target = nullable && open.length === 1 ? found.optional : found.fixed;
    for (const name of open) {
      const key = foreignKey.columns[constraint.columns.indexOf(name)] ?? '';
      const value = parent.get(key);
      if (value === undefined)
        return { reason: `the key of ${constraint.name} cannot be read: no SELECT on ${key}` };
      target.set(name, value);
    }
  }
  return found;
}

/** The columns of a reference that are still to be chosen; a default of theirs is left to choose. */
function openColumns(relation: Relation, constraint: Constraint, fixed: RowValues, effort: Effort): string[] {
  return constraint.columns.filter((name) => {
    const column = columnOf(relation, name);
    if (!column || column.generated || fixed.has(name)) return false;
    return column.defaultExpression === undefined || effort.required.has(name);
  });
}

function columnOf(relation: Relation, name: string): Relation['columns'][number] | undefined {
  return relation.columns.find((column) => column.name === name);
}

/** What the parent must hold: the tenant, a constant of a generated column, what another reference decided. */
async function demandsOn(
  world: World,
  relation: Relation,
  constraint: Constraint,
  foreignKey: ForeignKey,
  fixed: RowValues,
  effort: Effort,
  tenant: string,
): Promise<Map<string, string | null>> {
  const variant = effort.parents.find((parent) => parent.constraint === constraint.name);
  const demands = new Map<string, string | null>(variant?.demands);
  for (const [index, name] of constraint.columns.entries()) {
    const key = foreignKey.columns[index] ?? '';
    const column = columnOf(relation, name);
    const decided = fixed.get(name);
    if (decided !== undefined) demands.set(key, decided);
    else if (column?.generated && column.defaultExpression !== undefined) {
      const attempt = await world.session
        .as(tenant)
        .attempt({ text: `select (${column.defaultExpression})::text` });
      if (attempt.ok) demands.set(key, attempt.rows[0]?.[0] ?? null);
    }
  }
  return demands;
}

/** undefined: none is at hand, and the reference may stay NULL. */
async function findParent(
  world: World,
  foreignKey: ForeignKey,
  tenant: string,
  demands: RowValues,
  effort: Effort,
  nullable: boolean,
  makeParent: MakeParent,
): Promise<RowValues | Unmet | undefined> {
  const known = world.byOid.get(foreignKey.relation);
  if (!known) return { reason: 'a reference leads to a relation that is not in the catalog' };
  const { relation } = known;
  const isTenants = known.class === 'tenant' || known.class === 'root';
  if (!isTenants || accessTo(world, relation).insert.length === 0) {
    const existing = await readExisting(world, relation, foreignKey.columns, demands, tenant);
    if (!('reason' in existing)) return existing;
    if (nullable) return undefined;
    return isTenants ? { reason: existing.reason } : existing;
  }
  const matches = (row: RowValues) => [...demands].every(([name, value]) => row.get(name) === value);
  const made = rowsMade(world, relation, tenant).find(matches);
  if (made && !effort.newParents) return made;
  if (nullable && !effort.newParents) return undefined;
  if (world.making.has(relation.oid)) {
    return { reason: `${displayName(relation)} and what it refers to need one another` };
  }
  return makeParent(relation, tenant, demands);
}

async function readExisting(
  world: World,
  relation: Relation,
  columns: readonly string[],
  demands: RowValues,
  tenant: string,
): Promise<RowValues | Unmet> {
  const wanted = [...demands].map(([name], index) => `${quoteIdent(name)}::text = $${index + 1}`);
  const attempt = await world.session.as(tenant).attempt({
    text: `select ${columns.map(quoteIdent).join(', ')} from ${quoteName(relation)}${
      wanted.length === 0 ? '' : ` where ${wanted.join(' and ')}`
    } limit 1`,
    values: [...demands.values()],
  });
  if (!attempt.ok) return { reason: `${displayName(relation)} cannot be read: ${attempt.message}` };
  const [row] = attempt.rows;
  if (row) return new Map(columns.map((name, index) => [name, row[index] ?? null]));
  return { reason: `${displayName(relation)} holds no row to refer to` };
}
