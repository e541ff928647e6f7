import type { Constraint, Relation } from '../../../catalog/snapshot.js';
import type { Refusal } from '../session/attempt.js';
import { takesFromSequence } from '../world/sequence-default.js';

/** How hard the next row is tried: what earlier refusals taught. */
export interface Effort {
  /** Columns that turned out to be needed. */
  required: Set<string>;
  /** Leave nullable references NULL. */
  nullReferences: boolean;
  /** Make new parents instead of referring to those that are there: for one-to-one references. */
  newParents: boolean;
  /** Give every column a value. */
  fill: boolean;
  /** Look for values that meet the CHECK constraints; the first time the table's own defaults are taken to meet them. */
  solve: boolean;
  /** Which of the combinations that meet the CHECK constraints to take. */
  skip: number;
  /** Aim at one of the partitions. */
  aimAtPartition: boolean;
  /** What to ask of parents beyond their key: a trigger may demand a user of a certain role. */
  parents: { constraint: string; demands: ReadonlyMap<string, string | null> }[];
}

export function firstEffort(): Effort {
  return {
    required: new Set(),
    nullReferences: false,
    newParents: false,
    fill: false,
    solve: false,
    skip: 0,
    aimAtPartition: false,
    parents: [],
  };
}

/**
 * Learns from a refusal what to do differently; undefined where nothing is left to try.
 *
 * @param others what to ask of parents, one after the other, when nothing else helped
 */
export function nextEffort(
  effort: Effort,
  refusal: Refusal,
  relation: Relation,
  others: Effort['parents'],
): Effort | undefined {
  const { sqlstate, column } = refusal;
  if (!effort.solve) return { ...effort, solve: true };
  const constraint = relation.constraints.find(({ name }) => name === refusal.constraint);
  switch (sqlstate) {
    case '42501':
      // A policy may ask for more than the tenant; a missing privilege is final, save that on a sequence.
      return refusal.byPolicy ? escalate(effort, others) : withoutSequences(effort, relation);
    case '23502':
      if (column !== undefined && !effort.required.has(column)) {
        return { ...effort, required: new Set([...effort.required, column]) };
      }
      return escalate(effort, others);
    case '23503':
      if (isNullable(relation, constraint) && !effort.nullReferences)
        return { ...effort, nullReferences: true };
      return escalate(effort, others);
    case '23505':
    case '23P01':
      // Either the values must differ, or the reference is one to one.
      return effort.newParents
        ? { ...effort, skip: effort.skip + 1 }
        : { ...effort, newParents: true, nullReferences: false };
    case '23514':
      if (constraint === undefined && !effort.aimAtPartition) return { ...effort, aimAtPartition: true };
      return escalate(effort, others);
    default:
      return escalate(effort, others);
  }
}

/** Whoever may not use the sequence of a default can still say a number. */
function withoutSequences(effort: Effort, relation: Relation): Effort | undefined {
  const serial = relation.columns.filter(({ defaultExpression }) => takesFromSequence(defaultExpression));
  if (serial.every(({ name }) => effort.required.has(name))) return undefined;
  return { ...effort, required: new Set([...effort.required, ...serial.map(({ name }) => name)]) };
}

function isNullable(relation: Relation, constraint: Constraint | undefined): boolean {
  return relation.columns.some((column) => !column.notNull && constraint?.columns.includes(column.name));
}

const MOST_SKIPPED = 3;

/** A trigger tells people what it wants, not programs: fuller rows, barer rows, other values, other parents. */
function escalate(effort: Effort, others: Effort['parents']): Effort | undefined {
  if (!effort.fill && !effort.nullReferences && effort.parents.length === 0) return { ...effort, fill: true };
  if (effort.fill) return { ...effort, fill: false, nullReferences: true };
  if (effort.skip < MOST_SKIPPED && effort.parents.length === 0) return { ...effort, skip: effort.skip + 1 };
  const tried = effort.parents[0] ? others.indexOf(effort.parents[0]) : -1;
  const next = others[tried + 1];
  return next && { ...effort, skip: 0, nullReferences: false, newParents: true, parents: [next] };
}
