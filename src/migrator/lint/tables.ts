import type { Relation } from '../../catalog/snapshot.js';
import { quoteIdent, quoteLiteral, quoteName } from '../../identifiers.js';
import type { ClassifiedRelation, TenancyModel } from '../../tenancy/model.js';
import type { Change } from './rule.js';

/** The tables of the configured schemas that are new by the end of a file. */
export function newTables({ before, model }: Change): ClassifiedRelation[] {
  const known = new Set(before.relations.map(({ oid }) => oid));
  return ownTables(model).filter(({ relation }) => !known.has(relation.oid));
}

/** Those of them that hold rows of tenants, the root included. */
export function newTenantTables(change: Change): ClassifiedRelation[] {
  return newTables(change).filter(({ class: kind }) => kind === 'tenant' || kind === 'root');
}

/** Tables of the configured schemas; partitions and what inherits are the concern of the table above them. */
export function ownTables(model: TenancyModel): ClassifiedRelation[] {
  return model.relations.filter(
    ({ relation, class: kind }) =>
      (relation.kind === 'table' || relation.kind === 'partitioned table') &&
      relation.parents.length === 0 &&
      kind !== 'internal' &&
      model.config.schemas.includes(relation.schema),
  );
}

/** CREATE POLICY as the tables beside it have it, else by the configured setting. */
export function policyFor(model: TenancyModel, table: ClassifiedRelation): string {
  const { relation, tenantColumn } = table;
  const predicate = usualPredicate(model, table) ?? settingPredicate(model, relation, tenantColumn) ?? '…';
  return `CREATE POLICY "tenant_isolation" ON ${quoteName(relation)} USING (${predicate}) WITH CHECK (${predicate});`;
}

/** What most policies of tables with the same tenant column say. */
function usualPredicate(
  model: TenancyModel,
  { relation, tenantColumn }: ClassifiedRelation,
): string | undefined {
  const uses = new Map<string, number>();
  for (const other of model.relations) {
    if (other.relation === relation || other.tenantColumn !== tenantColumn) continue;
    for (const { using, permissive, command } of other.relation.policies) {
      if (using === undefined || !permissive || command !== 'all') continue;
      uses.set(using, (uses.get(using) ?? 0) + 1);
    }
  }
  return [...uses].sort((a, b) => b[1] - a[1])[0]?.[0];
}

function settingPredicate(
  { config }: TenancyModel,
  relation: Relation,
  tenantColumn: string | undefined,
): string | undefined {
  const column = relation.columns.find(({ name }) => name === tenantColumn);
  if (!column || !('setting' in config.context)) return undefined;
  const setting = `nullif(current_setting(${quoteLiteral(config.context.setting)}, true), '')`;
  return `${quoteIdent(column.name)} = (SELECT ${setting}::${column.type})`;
}
