import { quoteIdent, quoteName } from '../../../identifiers.js';
import type { DataCheck } from '../../check.js';
import { countingSql, ownRows } from '../../data/sql.js';
import { type TenantLink, tenantLinks } from '../../keys.js';

export const tenantMismatch: DataCheck = {
  id: 'tenant-mismatch',
  family: 'data',
  title: "There are rows that refer to another tenant's row",
  severity: 'error',
  explanation:
    "A child row and the parent that it refers to belong to different tenants, so one tenant's data hangs on another's: it " +
    'shows in joins, moves with cascades, and is lost when the other tenant goes. Where the foreign key carries the tenant, ' +
    'a row that violates it is looked for: triggers were off, or the constraint is not validated.',
  *questions(subject) {
    for (const link of tenantLinks(subject)) {
      const { child, parent, constraint } = link;
      if (child.tenantColumn === undefined || parent.tenantColumn === undefined) continue;
      if (child.relation.isPartition) continue;
      yield {
        relation: child.relation,
        part: constraint.name,
        sql: countingSql(child.relation, offending(link, child.tenantColumn, parent.tenantColumn)),
        detail: (count, example) =>
          `${count} rows refer by ${constraint.columns.join(', ')} to ${parent.relation.name} of another tenant, such as ${example}`,
      };
    }
  },
};

function offending(link: TenantLink, childTenant: string, parentTenant: string): string {
  const { child, parent, constraint, carriesTenant } = link;
  const references = constraint.foreignKey?.columns ?? [];
  const children = ownRows(child.relation);
  const parents = quoteName(parent.relation);
  const matches = constraint.columns.map(
    (column, index) => `p.${quoteIdent(references[index] ?? '')} = c.${quoteIdent(column)}`,
  );
  if (carriesTenant) {
    // Ids may be counted per tenant, so a parent of the same id in another tenant says nothing.
    const filled = constraint.columns.map((column) => `c.${quoteIdent(column)} is not null`);
    return `${children} c where ${filled.join(' and ')}
      and not exists (select from ${parents} p where ${matches.join(' and ')})`;
  }
  return `${children} c join ${parents} p on ${matches.join(' and ')}
    where p.${quoteIdent(parentTenant)} <> c.${quoteIdent(childTenant)}`;
}
