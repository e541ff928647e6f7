import { quoteIdent } from '../../../identifiers.js';
import type { DataCheck } from '../../check.js';
import { countingSql, ownRows } from '../../data/sql.js';
import { tenantTables } from '../../relations.js';

export const nullTenantRows: DataCheck = {
  id: 'null-tenant-rows',
  family: 'data',
  title: 'There are rows without a tenant',
  severity: 'error',
  explanation:
    'Rows whose tenant column is NULL belong to nobody: a strict policy hides them from everyone, a lenient one shows them to ' +
    'everyone, and the column cannot be made NOT NULL while they exist. `tenantctl backfill-tenant` finds their tenant where ' +
    'a foreign key leads to it.',
  *questions(subject) {
    for (const { relation, tenantColumn, class: kind } of tenantTables(subject)) {
      const column = relation.columns.find(({ name }) => name === tenantColumn);
      if (kind === 'root' || !column || column.neverNull || relation.isPartition) continue;
      yield {
        relation,
        sql: countingSql(relation, `${ownRows(relation)} c where c.${quoteIdent(column.name)} is null`),
        detail: (count, example) => `${count} rows without ${column.name}, such as ${example}`,
      };
    }
  },
};
