import type { Constraint, Relation } from '../catalog/snapshot.js';
import { displayName } from '../identifiers.js';
import type { ClassifiedRelation, TenancyModel } from '../tenancy/model.js';

/** One foreign key on the way from a row to its tenant. */
export interface Step {
  constraint: string;
  columns: string[];
  to: Relation;
  references: string[];
}

/** Foreign keys that lead from a table to one that says whose the row is. */
export interface Path {
  /** At least one; the last one's `to` has `column`. */
  steps: Step[];
  /** The tenant column there, or the root's key. */
  column: string;
}

export interface Paths {
  /** The shortest first; of equal ones that whose links are never null. */
  paths: Path[];
  /** There are more than are used. */
  truncated: boolean;
}

/** Every path is a join in each batch; a schema with more ways than this has tables that should get the column first. */
const MOST_PATHS = 16;
const LONGEST_PATH = 8;

/**
 * Finds how a table's rows lead to their tenant: every path of foreign keys that ends at the first table with a tenant
 * column, or at the root. A foreign key that contains the table's own tenant column says nothing, for that is the column
 * to be filled.
 *
 * @param columns the tenant column of each table, by oid, those included that this run is going to add
 */
export function pathsToTenant(
  model: TenancyModel,
  from: Relation,
  columns: ReadonlyMap<number, string>,
): Paths {
  const byOid = new Map(model.relations.map((known) => [known.relation.oid, known]));
  const found: Path[] = [];
  let partial: { at: Relation; steps: Step[] }[] = [{ at: from, steps: [] }];
  // One foreign key further each round, so that the shortest are found first.
  for (
    let length = 1;
    partial.length > 0 && length <= LONGEST_PATH && found.length <= MOST_PATHS;
    length += 1
  ) {
    const longer: typeof partial = [];
    for (const { at, steps } of partial) {
      for (const step of stepsFrom(at, byOid, columns)) {
        if (step.to.oid === from.oid || steps.some(({ to }) => to.oid === step.to.oid)) continue;
        const path = [...steps, step];
        const column = columns.get(step.to.oid);
        if (column !== undefined) found.push({ steps: path, column });
        else longer.push({ at: step.to, steps: path });
      }
    }
    partial = longer;
  }
  const sorted = found.toSorted(
    (a, b) => a.steps.length - b.steps.length || nullableLinks(from, a) - nullableLinks(from, b),
  );
  return { paths: sorted.slice(0, MOST_PATHS), truncated: sorted.length > MOST_PATHS || partial.length > 0 };
}

function stepsFrom(
  relation: Relation,
  byOid: ReadonlyMap<number, ClassifiedRelation>,
  columns: ReadonlyMap<number, string>,
): Step[] {
  const own = columns.get(relation.oid);
  return relation.constraints.flatMap((constraint: Constraint) => {
    const { foreignKey } = constraint;
    const target = foreignKey && byOid.get(foreignKey.relation);
    if (!target || (own !== undefined && constraint.columns.includes(own))) return [];
    // Reference data belongs to nobody, and does not become a tenant's by what it refers to.
    if (target.class === 'shared' || target.class === 'internal') return [];
    const { name, columns: from } = constraint;
    return [{ constraint: name, columns: from, to: target.relation, references: foreignKey.columns }];
  });
}

function nullableLinks(from: Relation, path: Path): number {
  const relations = [from, ...path.steps.map(({ to }) => to)];
  return path.steps.filter(({ columns }, index) =>
    relations[index]?.columns.some((column) => columns.includes(column.name) && !column.neverNull),
  ).length;
}

/** 'likes.post_id → posts.user_id → users.organization_id'. */
export function describePath(from: Relation, path: Path): string {
  const at = [from, ...path.steps.map(({ to }) => to)];
  const columns = [...path.steps.map((step) => step.columns), [path.column]];
  return at
    .map((relation, index) => {
      const names = columns[index] ?? [];
      return `${displayName(relation)}.${names.length === 1 ? names[0] : `(${names.join(', ')})`}`;
    })
    .join(' → ');
}
