import type { Relation } from '../../../catalog/snapshot.js';
import type { World } from '../world/world.js';
import { type Rule, readRules, ruleFrom } from './rules.js';

const known = new WeakMap<Relation, Rule[]>();

/** The CHECK constraints of a relation, parsed once per snapshot. */
export async function rulesOf(relation: Relation): Promise<Rule[]> {
  const rules = known.get(relation) ?? (await readRules(relation));
  known.set(relation, rules);
  return rules;
}

/**
 * What makes a row fall into a partition: the bounds of the relation itself, where it is one, and those of the partitions
 * below it that are aimed at, any of which will do.
 */
export async function boundsOf(
  world: World,
  relation: Relation,
  aimAt: 'any' | readonly Relation[],
): Promise<Rule[]> {
  const own = world.bounds.get(relation.oid);
  const children = aimAt === 'any' ? leavesOf(world, relation) : aimAt;
  const below = children.flatMap((child) => world.bounds.get(child.oid) ?? []);
  const conditions = [
    ...(own === undefined ? [] : [own]),
    ...(below.length === 0 ? [] : [below.map((condition) => `(${condition})`).join(' or ')]),
  ];
  return Promise.all(
    conditions.map((condition) => ruleFrom('partition bounds', `check (${condition})`, relation)),
  );
}

function leavesOf(world: World, relation: Relation): Relation[] {
  const children = (world.children.get(relation.oid) ?? []).filter(({ isPartition }) => isPartition);
  return children.flatMap((child) => (child.kind === 'partitioned table' ? leavesOf(world, child) : [child]));
}
