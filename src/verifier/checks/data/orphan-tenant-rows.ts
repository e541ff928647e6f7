import { quoteIdent, quoteName } from '../../../identifiers.js';
import type { DataCheck } from '../../check.js';
import { countingSql, ownRows } from '../../data/sql.js';
import { tenantTables } from '../../relations.js';

export const orphanTenantRows: DataCheck = {
  id: 'orphan-tenant-rows',
  family: 'data',
  title: 'There are rows of a tenant that does not exist',
  severity: 'error',
  explanation:
    'The tenant column holds a key that the root does not have: the tenant was deleted, or never existed. The rows survive ' +
    'every export and deletion of tenants, and whoever gets that key later gets the rows. They are looked for even where a ' +
    'foreign key exists, because a restore or session_replication_role can go around it.',
  *questions(subject) {
    const { root } = subject.tenancy;
    const key = root?.relation.columns.find(({ name }) => name === root.tenantColumn);
    if (!root || !key) return;
    for (const { relation, tenantColumn, class: kind } of tenantTables(subject)) {
      const column = relation.columns.find(({ name }) => name === tenantColumn);
      // Of another type, it holds something else than the root's key.
      if (kind === 'root' || column?.baseType !== key.baseType || relation.isPartition) continue;
      const tenant = `c.${quoteIdent(column.name)}`;
      const exists = `select from ${quoteName(root.relation)} r where r.${quoteIdent(key.name)} = ${tenant}`;
      yield {
        relation,
        sql: countingSql(
          relation,
          `${ownRows(relation)} c where ${tenant} is not null and not exists (${exists})`,
        ),
        detail: (count, example) =>
          `${count} rows whose ${column.name} is no ${root.relation.name}, such as ${example}`,
      };
    }
  },
};
