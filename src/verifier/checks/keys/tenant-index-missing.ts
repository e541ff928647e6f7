import { quoteIdent, quoteName } from '../../../identifiers.js';
import type { Check } from '../../check.js';
import { freeName } from '../../fix/online.js';
import { faultOf, tenantTables } from '../../relations.js';

export const tenantIndexMissing: Check = {
  id: 'tenant-index-missing',
  family: 'keys',
  title: 'No index leads with the tenant',
  severity: 'info',
  explanation:
    'Under a tenant policy every query asks for the tenant first. Without an index that starts with that column, each one ' +
    'reads the rows of all tenants, and how long it takes tells about the others. On a table in use, build the index with ' +
    'CREATE INDEX CONCURRENTLY, outside of a transaction.',
  *find(subject) {
    for (const { relation, tenantColumn, class: kind } of tenantTables(subject)) {
      if (kind === 'root' || tenantColumn === undefined || relation.isPartition) continue;
      if (relation.indexes.some((index) => index.valid && index.columns[0] === tenantColumn)) continue;
      yield faultOf(relation, `no valid index starts with ${tenantColumn}`, { column: tenantColumn });
    }
  },
  fix: ({ schema, object, column = '' }, subject) => {
    // By its name, one that an interrupted run left invalid is found again.
    const name = freeName(subject, schema, [object, column, 'idx']);
    return `CREATE INDEX ${quoteIdent(name)} ON ${quoteName({ schema, name: object })} (${quoteIdent(column)});`;
  },
};
