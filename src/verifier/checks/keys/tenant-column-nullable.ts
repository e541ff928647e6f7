import type { Check } from '../../check.js';
import { requireColumn } from '../../fix/online.js';
import { faultOf, tenantTables } from '../../relations.js';

export const tenantColumnNullable: Check = {
  id: 'tenant-column-nullable',
  family: 'keys',
  title: 'The tenant column may be NULL',
  severity: 'warn',
  explanation:
    'A row without a tenant is invisible under a strict policy and visible to all under a lenient one, escapes foreign keys ' +
    'and unique keys that include the tenant. It belongs to nobody when tenants are billed, exported or deleted.',
  *find(subject) {
    for (const { relation, tenantColumn, class: kind } of tenantTables(subject)) {
      const column = relation.columns.find(({ name }) => name === tenantColumn);
      // A partition follows its parent.
      if (kind === 'root' || !column || column.neverNull || relation.isPartition) continue;
      yield faultOf(relation, `${column.name} may be NULL`, { column: column.name });
    }
  },
  fix: ({ schema, object, column = '' }, subject) => requireColumn(subject, { schema, name: object }, column),
};
