import type { Relation } from '../../../catalog/snapshot.js';
import { displayName } from '../../../identifiers.js';
import type { Attempt, Statement } from '../session/attempt.js';
import { NO_CONTEXT } from '../session/session.js';
import { accessTo, isStored, type RowValues, rowsMade, type World } from '../world/world.js';
import { choicesFor } from './choices.js';
import { type Effort, firstEffort, nextEffort } from './effort.js';
import { insertion, returned } from './insertion.js';
import { resolveReferences, type Unmet } from './references.js';
import { boundsOf, rulesOf } from './relation-rules.js';
import { solve } from './solve.js';
import { newToken } from './values.js';

const MOST_TRIES = 16;

/** Values that the database accepted as a new row. */
export interface Accepted {
  given: RowValues;
  /** The row as stored: what was given, and what could be read back. */
  row: RowValues;
}

/**
 * Finds values for a new row of a tenant, in the tenant's context, by trying: the catalog says what a row must have, the
 * database says the rest by refusing. Parents are made on the way, and stay.
 *
 * @param demands values that the row must have
 * @param run the tenant's `keep` to leave the row there, its `attempt` to take it back
 * @param within a partition of the relation that the row must fall into
 */
export async function makeRow(
  world: World,
  relation: Relation,
  tenant: string,
  demands: RowValues,
  run: (statement: Statement) => Promise<Attempt>,
  within?: Relation,
): Promise<Accepted | Unmet> {
  const refused = await world.session.as(tenant).refused();
  if (refused) return { reason: `${NO_CONTEXT}: ${refused.message}` };
  world.making.add(relation.oid);
  try {
    return await tryRows(world, { relation, tenant, demands, within }, run);
  } finally {
    world.making.delete(relation.oid);
  }
}

/** Makes a row of a parent, and leaves it there. */
async function makeParent(
  world: World,
  relation: Relation,
  tenant: string,
  demands: RowValues,
): Promise<RowValues | Unmet> {
  const made = await makeRow(world, relation, tenant, demands, world.session.as(tenant).keep);
  if ('reason' in made) return { ...made, reason: `no row of ${displayName(relation)}: ${made.reason}` };
  rowsMade(world, relation, tenant).push(made.row);
  return made.row;
}

interface Wanted {
  relation: Relation;
  tenant: string;
  demands: RowValues;
  within: Relation | undefined;
}

async function tryRows(
  world: World,
  wanted: Wanted,
  run: (statement: Statement) => Promise<Attempt>,
): Promise<Accepted | Unmet> {
  const { relation } = wanted;
  const others = await parentVariants(world, relation);
  let effort: Effort | undefined = firstEffort();
  let reason = '';
  for (let tries = 0; effort && tries < MOST_TRIES; tries += 1) {
    const given = await draft(world, wanted, effort);
    if ('reason' in given) return reason === '' ? given : { ...given, reason };
    const { attempt, row } = await insertRow(world, relation, given, run);
    if (attempt.ok) return { given, row };
    reason = `${attempt.message} (${attempt.sqlstate})`;
    effort = nextEffort(effort, attempt, relation, others);
  }
  return { reason };
}

/** Adds a row, and reads it back where its policies let it be read; else only what was given is known of it. */
export async function insertRow(
  world: World,
  relation: Relation,
  given: RowValues,
  run: (statement: Statement) => Promise<Attempt>,
): Promise<{ attempt: Attempt; row: RowValues }> {
  const { select, selectAll } = accessTo(world, relation);
  const returning = [...select, ...(selectAll && isStored(relation) ? ['tableoid', 'ctid'] : [])];
  const attempt = await run(insertion(relation, given, { returning }));
  if (attempt.ok) return { attempt, row: returned(given, returning, attempt.rows[0]) };
  if (!attempt.byPolicy || returning.length === 0) return { attempt, row: given };
  return { attempt: await run(insertion(relation, given)), row: given };
}

/** Decides every column of a new row. */
async function draft(world: World, wanted: Wanted, effort: Effort): Promise<RowValues | Unmet> {
  const { relation, tenant, demands, within } = wanted;
  const known = world.byOid.get(relation.oid);
  const fixed = new Map(demands);
  if (known?.tenantColumn !== undefined) fixed.set(known.tenantColumn, tenant);
  const references = await resolveReferences(world, relation, tenant, fixed, effort, (parent, of, asked) =>
    makeParent(world, parent, of, asked),
  );
  if ('reason' in references) return references;
  const bounds = await boundsOf(world, relation, within ? [within] : effort.aimAtPartition ? 'any' : []);
  const rules = [...(await rulesOf(relation)), ...bounds];
  const wishes = {
    ...references,
    required: effort.required,
    distinct: new Set(relation.indexes.filter(({ unique }) => unique).flatMap(({ columns }) => columns)),
    writable: new Set(accessTo(world, relation).insert),
    fill: effort.fill,
  };
  const token = newToken();
  const variables = [];
  for (const column of relation.columns) {
    const choices = await choicesFor(column, wishes, rules, token);
    if (choices.length === 0)
      return { reason: `no value is known for ${column.name} of type ${column.type}` };
    variables.push({ column, choices });
  }
  const solution = await solve(world.session.as(tenant), relation, variables, rules, effort);
  if ('reason' in solution) return solution;
  const given = new Map<string, string | null>();
  for (const [name, choice] of solution) if (choice.given) given.set(name, choice.value);
  return given;
}

/** What a trigger may ask of a parent: each value that the parent's own CHECK constraints list. */
async function parentVariants(world: World, relation: Relation): Promise<Effort['parents']> {
  const variants: Effort['parents'] = [];
  for (const { name, foreignKey } of relation.constraints) {
    const parent = foreignKey && world.byOid.get(foreignKey.relation);
    if (parent?.class !== 'tenant' || accessTo(world, parent.relation).insert.length === 0) continue;
    const rules = await rulesOf(parent.relation);
    for (const column of parent.relation.columns) {
      const listed = rules.filter((rule) => rule.columns.length === 1 && rule.columns[0] === column.name);
      for (const value of [...column.enumLabels, ...listed.flatMap((rule) => rule.texts)]) {
        variants.push({ constraint: name, demands: new Map([[column.name, value]]) });
      }
    }
  }
  return variants;
}
