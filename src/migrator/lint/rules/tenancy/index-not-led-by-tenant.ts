import type { Index } from '../../../../catalog/snapshot.js';
import { displayName, quoteIdent, quoteName } from '../../../../identifiers.js';
import type { TenancyRule } from '../../rule.js';
import { ownTables } from '../../tables.js';

export const indexNotLedByTenant: TenancyRule = {
  id: 'index-not-led-by-tenant',
  family: 'tenancy',
  title: "A new index on a tenants' table does not lead with the tenant",
  severity: 'warn',
  *find({ before, model }) {
    const known = new Map(
      before.relations.map(({ oid, indexes }) => [oid, new Set(indexes.map(({ name }) => name))]),
    );
    for (const { relation, tenantColumn, class: kind } of ownTables(model)) {
      if (kind !== 'tenant' || tenantColumn === undefined) continue;
      for (const index of relation.indexes) {
        if (known.get(relation.oid)?.has(index.name) || !concerns(index, tenantColumn)) continue;
        const rest = index.columns.filter((column) => column !== tenantColumn);
        const plain = !index.columns.includes('') && index.predicate === undefined;
        yield {
          ...{ schema: relation.schema, object: relation.name },
          detail: `${index.name} mixes the rows of all tenants: a query of one tenant of ${displayName(relation)} reads through those of the others, or does not use it`,
          recipe: plain
            ? [
                `DROP INDEX ${quoteName({ schema: relation.schema, name: index.name })};`,
                `CREATE INDEX ${quoteIdent(index.name)} ON ${quoteName(relation)} (${[tenantColumn, ...rest].map(quoteIdent).join(', ')});`,
              ].join('\n')
            : `-- ${quoteIdent(tenantColumn)} as its first column: ${index.definition}`,
        };
      }
    }
  },
};

/** Unique ones have a rule of their own; a GIN or BRIN index has no order to lead. */
function concerns(index: Index, tenantColumn: string): boolean {
  return (
    index.method === 'btree' &&
    !index.unique &&
    !index.exclusion &&
    !index.inherited &&
    index.columns[0] !== tenantColumn
  );
}
