import type { Column, Relation } from '../../../catalog/snapshot.js';
import type { ClassifiedRelation } from '../../../tenancy/model.js';
import type { Hint, RowValues } from '../world/world.js';
import { namedValues } from './choices.js';
import { type Names, namesIn } from './rules.js';
import { newToken, valuesFor } from './values.js';

const MOST_HINTS = 8;

/**
 * What policies look at besides the tenant column: rows that differ in just that may be open where others are not (`OR
 * parent_id IS NULL`), or visible to nobody without it. What could open a policy that is not understood comes first.
 *
 * @param open by oid, columns with such values
 */
export async function policyHints(
  { relation, tenantColumn }: ClassifiedRelation,
  open: ReadonlyMap<number, readonly Hint[]>,
): Promise<Hint[]> {
  const queries = relation.policies.flatMap(({ using, check }) =>
    [using, check].flatMap((expression) => (expression === undefined ? [] : [`select ${expression}`])),
  );
  const first = (open.get(relation.oid) ?? []).filter(({ column }) => {
    const mine = relation.columns.find(({ name }) => name === column);
    return mine !== undefined && !mine.generated;
  });
  const all = [...first, ...(await hintsFrom(queries, relation, tenantColumn))];
  return [...new Map(all.map((hint) => [JSON.stringify([hint.column, hint.value]), hint])).values()].slice(
    0,
    MOST_HINTS,
  );
}

/** What a view's query names of a table below it: rows without just that may not show in it. */
export async function viewHints(view: Relation, table: ClassifiedRelation): Promise<Hint[]> {
  const { viewDefinition } = view;
  if (viewDefinition === undefined) return [];
  const named = await hintsFrom([viewDefinition], table.relation, table.tenantColumn);
  const { columns } = await namesIn(viewDefinition);
  const filled: Hint[] = [];
  for (const column of table.relation.columns) {
    if (!columns.has(column.name) || column.notNull || column.generated) continue;
    if (referencing(table.relation).has(column.name) || column.name === table.tenantColumn) continue;
    const [value] = await valuesFor(column, newToken());
    // WHERE … IS NOT NULL
    if (value !== undefined) filled.push({ column: column.name, value });
  }
  // NULL is what a column holds anyway.
  return [...named.filter(({ value }) => value !== null), ...filled].slice(0, MOST_HINTS);
}

async function hintsFrom(
  queries: readonly string[],
  relation: Relation,
  tenantColumn: string | undefined,
): Promise<Hint[]> {
  const tenantType = relation.columns.find(({ name }) => name === tenantColumn)?.type;
  const references = referencing(relation);
  const hints = new Map<string, Hint>();
  for (const query of queries) {
    const names = await namesIn(query);
    for (const column of relation.columns) {
      if (!names.columns.has(column.name) || column.name === tenantColumn || column.generated) continue;
      const values: Hint['value'][] = column.notNull ? [] : [null];
      if (!references.has(column.name)) {
        if (column.type === tenantType) values.push({ tenantsKey: true });
        values.push(...(await constants(column, names)));
      }
      for (const value of values) {
        hints.set(JSON.stringify([column.name, value]), { column: column.name, value });
      }
    }
  }
  return [...hints.values()].slice(0, MOST_HINTS);
}

function referencing(relation: Relation): Set<string> {
  return new Set(
    relation.constraints.flatMap(({ kind, columns }) => (kind === 'foreign key' ? columns : [])),
  );
}

async function constants(column: Column, names: Names): Promise<string[]> {
  if (column.baseType === 'boolean') return ['true', 'false'];
  if (column.enumLabels.length > 0) return column.enumLabels.filter((label) => names.texts.has(label));
  return namedValues(column, [...names.texts], [...names.numbers]);
}

/** What a hint asks of a row; `tenant` is the one whose key may stand in another column. */
export function demandOf({ column, value }: Hint, tenant: string): RowValues {
  return new Map([[column, typeof value === 'object' && value !== null ? tenant : value]]);
}
