import { describeSource } from './plan.js';
import type { TableResult } from './table.js';

/** A table of the JSON document; also what an error says about the tables before it. */
export function tableDocument({
  plan,
  before,
  added,
  tally,
  remaining,
}: TableResult): Record<string, unknown> {
  const { relation, column, missing, constant, triggers } = plan;
  const { scanned, updated, already, left, samples, changed } = tally;
  return {
    ...{ schema: relation.schema, name: relation.name, column, missing, added },
    ...{ sources: describeSource(plan), constant: constant ?? null, triggers },
    ...{ rows: before.rows, unfilled: before.unfilled, scanned, updated, already },
    ...{ left, samples, changedColumns: changed, remaining },
  };
}
