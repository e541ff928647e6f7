import type { Check } from '../../check.js';
import { revokeOn } from '../../grants.js';
import { faultOf, holders } from '../../relations.js';

export const materializedViewGranted: Check = {
  id: 'materialized-view-granted',
  family: 'views',
  title: "The application can read a materialized view of tenants' rows",
  severity: 'error',
  explanation:
    "A materialized view is a copy, made by its owner from every tenant's rows, and row level security cannot be enabled on " +
    'it. Put a view before it that filters by the current tenant and belongs to another role, or use a table with policies.',
  *find(subject) {
    for (const { relation, class: kind } of subject.tenancy.relations) {
      if (relation.kind !== 'materialized view' || kind !== 'tenant') continue;
      if (!subject.app.privileges(relation).has('SELECT')) continue;
      yield faultOf(
        relation,
        `a copy of tenants' rows without policies, and ${holders(subject, relation, 'SELECT')} can read it`,
      );
    }
  },
  fix: (fault, subject) => revokeOn(subject, fault, 'ALL'),
};
