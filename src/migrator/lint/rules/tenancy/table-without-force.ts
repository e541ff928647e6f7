import { displayName, quoteName } from '../../../../identifiers.js';
import type { TenancyRule } from '../../rule.js';
import { newTenantTables } from '../../tables.js';

export const tableWithoutForce: TenancyRule = {
  id: 'table-without-force',
  family: 'tenancy',
  title: "Row level security does not bind a new table's owner",
  severity: 'warn',
  onlyUnderRls: true,
  *find(change) {
    for (const { relation } of newTenantTables(change)) {
      if (relation.forceRowSecurity) continue;
      const { schema, name: object, owner } = relation;
      const isApp = owner === change.model.config.appRole;
      yield {
        ...{ schema, object },
        severity: isApp ? 'error' : 'warn',
        detail: isApp
          ? `the application owns ${displayName(relation)}, and no policy binds an owner`
          : `no policy of ${displayName(relation)} binds its owner ${owner}: its scripts, its views and its SECURITY DEFINER functions see every tenant`,
        recipe: `ALTER TABLE ${quoteName(relation)} FORCE ROW LEVEL SECURITY;`,
      };
    }
  },
};
