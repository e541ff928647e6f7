import type { Check } from '../../check.js';
import { tenantTables } from '../../relations.js';

export const publicationUnfiltered: Check = {
  id: 'publication-unfiltered',
  family: 'grants',
  title: "A publication sends every tenant's rows",
  severity: 'info',
  explanation:
    'Logical replication reads the change stream, where policies do not apply: a subscriber receives the rows of all tenants. ' +
    'That is right for a replica or a warehouse of your own. For a consumer who serves some tenants only, a row filter ' +
    '(WHERE, PostgreSQL 15 and later) has to say which.',
  *find(subject) {
    const tables = new Map(tenantTables(subject).map(({ relation }) => [relation.oid, relation]));
    for (const { name, everything, relations } of subject.snapshot.publications) {
      const open = relations.filter(({ relation, filtered }) => !filtered && tables.has(relation));
      const [first] = open;
      if (!everything && !first) continue;
      const one = tables.get(first?.relation ?? 0)?.name;
      const what = everything ? 'all tables' : open.length === 1 ? one : `${open.length} tenant tables`;
      yield { schema: '', object: name, detail: `publishes ${what} without a row filter` };
    }
  },
};
