import { displayName } from '../../../../identifiers.js';
import type { TenancyRule } from '../../rule.js';
import { newTenantTables, policyFor } from '../../tables.js';

export const tableWithoutPolicy: TenancyRule = {
  id: 'table-without-policy',
  family: 'tenancy',
  title: 'A new table has no policy',
  severity: 'warn',
  onlyUnderRls: true,
  *find(change) {
    for (const table of newTenantTables(change)) {
      const { relation } = table;
      if (relation.policies.length > 0) continue;
      const { schema, name: object } = relation;
      yield {
        ...{ schema, object },
        detail: relation.rowSecurity
          ? `nobody but its owner sees a row of ${displayName(relation)}, or can add one`
          : `nothing says which rows of ${displayName(relation)} are a tenant's, even once row level security is on`,
        recipe: policyFor(change.model, table),
      };
    }
  },
};
