import type { ClassifiedRelation } from '../../../tenancy/model.js';
import type { Subject } from '../../check.js';
import { isOwnKey } from '../../keys.js';
import { looksUp } from '../../policy/signature.js';
import { comparedBy, excludedBy, isOpaque, unscopedExclusions, unscopedKeys } from '../../spanning.js';

/** Something that compares a new row with the rows of all tenants. */
export interface Comparison {
  /** Name of the index or constraint. */
  name: string;
  /** What has to be alike in two rows for one to stand in the other's way. */
  columns: string[];
  /** Whether only its makers know what is compared. */
  opaque: boolean;
}

/** @param lookups names of functions that may read a table */
export function comparisonsOf(
  subject: Subject,
  known: ClassifiedRelation,
  lookups: ReadonlySet<string>,
): Comparison[] {
  const { relation } = known;
  const keys = unscopedKeys(subject, known).map((index) => ({
    ...{ name: index.name, opaque: isOpaque(relation, index) },
    columns: comparedBy(subject, relation, index),
  }));
  const exclusions = unscopedExclusions(subject, known).map((constraint) => ({
    ...{ name: constraint.name, opaque: false },
    columns: excludedBy(subject, relation, constraint),
  }));
  return [...keys, ...exclusions, ...lookingChecks(subject, known, lookups)]
    .map((each) => ({ ...each, columns: each.columns.filter((one) => one !== known.tenantColumn) }))
    .filter(({ columns }) => columns.length > 0);
}

/** CHECK constraints that ask other rows, save where nobody can guess what to ask for. */
function lookingChecks(
  subject: Subject,
  { relation, tenantColumn }: ClassifiedRelation,
  lookups: ReadonlySet<string>,
): Comparison[] {
  const checks = relation.constraints.filter(({ kind, inherited }) => kind === 'check' && !inherited);
  return checks
    .filter(({ definition }) => looksUp(definition, lookups))
    .map(({ name, columns }) => ({ name, opaque: false, columns }))
    .filter(
      ({ columns }) => !columns.some((one) => one !== tenantColumn && isOwnKey(subject, relation, one)),
    );
}
