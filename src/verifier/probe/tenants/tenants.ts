import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import type { Column } from '../../../catalog/snapshot.js';
import { displayName } from '../../../identifiers.js';
import type { ClassifiedRelation } from '../../../tenancy/model.js';
import { fixtureFor } from '../rows/fixtures.js';
import { makeRow } from '../rows/make.js';
import { parseType } from '../rows/type-name.js';
import type { CommittedRows } from '../world/committed.js';
import { subjectOf } from '../world/subject.js';
import { accessTo, type RowValues, rowsMade, type World } from '../world/world.js';
import { readRow } from './existing.js';
import type { Watch } from './watch.js';

/** The two tenants that are tried against one another, and the contexts beside them. */
export interface Tenants {
  a: string;
  b: string;
  /** Made in this transaction: nothing is theirs but what the probe made. Else they are tenants that exist. */
  fresh: boolean;
}

/**
 * Chooses two tenants: new ones, where the login may add rows to the root, in the context of the tenant to be; else
 * two that exist.
 *
 * @returns the tenants, or why there are none
 */
export async function chooseTenants(
  world: World,
  root: ClassifiedRelation,
  committed: CommittedRows,
  watch: Watch,
): Promise<Tenants | { reason: string }> {
  const made = await makeTenants(world, root, watch);
  if ('a' in made) return made;
  const [a, b] = (await committed.tenantsOf(root, 2)) ?? [];
  if (a !== undefined && b !== undefined) return { a, b, fresh: false };
  return { reason: `${made.reason}; and there are no two tenants that exist` };
}

/** A tenant key that no tenant has. */
export async function unusedTenant(root: ClassifiedRelation): Promise<string> {
  const [key] = await newKeys(keyColumn(root), 1);
  if (key === undefined) throw new Error('newKeys gives as many keys as it is asked for');
  return key;
}

/** Text that is no tenant key, and that LIKE takes for any. */
export const MALFORMED_TENANT = '%';

async function makeTenants(
  world: World,
  root: ClassifiedRelation,
  watch: Watch,
): Promise<Tenants | { reason: string }> {
  const { relation } = root;
  const [a = '', b = ''] = await newKeys(keyColumn(root), 2);
  for (const tenant of [a, b]) {
    if (tenant === b) await watch.beforeSecond(root, a, b);
    const made = await makeTenant(world, root, tenant);
    if ('reason' in made)
      return { reason: `no tenant can be added to ${displayName(relation)}: ${made.reason}` };
    rowsMade(world, relation, tenant).push(made.row);
  }
  await watch.afterSecond(root);
  return { a, b, fresh: true };
}

/** By the configured fixture, for which `$1` is the key of the tenant to be; else as any other row. */
async function makeTenant(
  world: World,
  root: ClassifiedRelation,
  tenant: string,
): Promise<{ row: RowValues } | { reason: string }> {
  const { relation } = root;
  const access = accessTo(world, relation);
  const fixture = await fixtureFor(world, relation, tenant);
  if (!fixture) {
    if (access.insert.length === 0) return { reason: 'no INSERT' };
    return makeRow(world, relation, tenant, new Map(), world.session.as(tenant).keep);
  }
  for (const statement of fixture) {
    const attempt = await world.session.as(tenant).keep(statement);
    if (!attempt.ok) return { reason: `its fixture failed: ${attempt.message} (${attempt.sqlstate})` };
  }
  const row = await readRow(world, subjectOf(root, access, true), tenant);
  return row ? { row } : { reason: 'its fixture left no row that the tenant can read' };
}

function keyColumn(root: ClassifiedRelation): Column {
  const column = root.relation.columns.find(({ name }) => name === root.tenantColumn);
  if (!column) throw new Error('the root is classified by a column of its own');
  return column;
}

/**
 * Keys of the column's type that nobody has, in ascending order: a policy that compares by <= fails one way only. They differ
 * at their end alone: a policy that compares less than the whole of them takes one for the other.
 */
async function newKeys(column: Column, count: number): Promise<string[]> {
  const { name, modifiers } = await parseType(column.baseType);
  const [length = 40] = modifiers;
  const number = NUMBERS[name]?.();
  const text = name === 'uuid' ? randomUUID().slice(0, -1) : `probe-${randomBytes(6).toString('hex')}`;
  return Array.from({ length: count }, (_, index) =>
    number === undefined ? `${text}${index}`.slice(-length) : String(number + index),
  );
}

const NUMBERS: Readonly<Record<string, () => number>> = {
  int2: () => randomInt(20_000, 32_000),
  int4: () => randomInt(1_500_000_000, 2_000_000_000),
  int8: () => randomInt(2 ** 40, 2 ** 41),
  numeric: () => randomInt(100_000_000, 999_999_990),
};
