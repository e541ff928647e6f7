import { displayName, quoteName } from '../../../../identifiers.js';
import type { TenancyRule } from '../../rule.js';
import { newTenantTables } from '../../tables.js';

export const tableWithoutRls: TenancyRule = {
  id: 'table-without-rls',
  family: 'tenancy',
  title: 'A new table hands every row to whoever may read it',
  severity: 'error',
  onlyUnderRls: true,
  *find(change) {
    for (const { relation } of newTenantTables(change)) {
      if (relation.rowSecurity) continue;
      const { schema, name: object } = relation;
      yield {
        ...{ schema, object },
        detail: `row level security is off on ${displayName(relation)}: only WHERE clauses keep its tenants apart`,
        recipe: `ALTER TABLE ${quoteName(relation)} ENABLE ROW LEVEL SECURITY;`,
      };
    }
  },
};
