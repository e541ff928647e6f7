import { displayName, quoteIdent, quoteName } from '../../../../identifiers.js';
import type { TenancyModel } from '../../../../tenancy/model.js';
import type { TenancyRule } from '../../rule.js';
import { newTables } from '../../tables.js';

export const tableWithoutTenantColumn: TenancyRule = {
  id: 'table-without-tenant-column',
  family: 'tenancy',
  title: 'A new table says of no row whose it is',
  severity: 'error',
  *find(change) {
    for (const { relation, class: kind, tenantColumn, reason } of newTables(change)) {
      const lacks = kind === 'untenanted' || (kind === 'tenant' && tenantColumn === undefined);
      if (!lacks) continue;
      const shown = displayName(relation);
      yield {
        ...{ schema: relation.schema, object: relation.name },
        severity: kind === 'untenanted' ? 'error' : 'warn',
        detail:
          kind === 'untenanted'
            ? `nothing keeps a tenant from another's rows of ${shown}: no policy can tell whose they are`
            : `whose a row of ${shown} is has to be looked up each time (${reason}): policies are slow, and no key can carry the tenant`,
        recipe: [
          addColumn(change.model, quoteName(relation)),
          ...(kind === 'untenanted' ? [share(shown)] : []),
        ].join('\n'),
      };
    }
  },
};

function addColumn({ config, root }: TenancyModel, table: string): string {
  const column = quoteIdent(config.columns[0] ?? '');
  const key = root?.relation.columns.find(({ name }) => name === root.tenantColumn);
  const references = root && key ? ` REFERENCES ${quoteName(root.relation)} (${quoteIdent(key.name)})` : '';
  return `ALTER TABLE ${table} ADD COLUMN ${column} ${key?.type ?? '…'} NOT NULL${references};`;
}

function share(table: string): string {
  return `-- or, where every tenant may read all of it, in the configuration: shared: { '${table}': 'why' }`;
}
