import type { Check } from '../../check.js';
import { revokeOn } from '../../grants.js';
import { faultOf, holders, isTouchable } from '../../relations.js';

export const foreignTableGranted: Check = {
  id: 'foreign-table-granted',
  family: 'grants',
  title: 'The application can use a foreign table',
  severity: 'error',
  explanation:
    'Row level security cannot be enabled on a foreign table, and the other server sees the one user of the mapping, not the ' +
    "tenant: every tenant's rows come through. Put a filtered view before it, or give the application a tenant's own copy.",
  *find(subject) {
    for (const { relation, class: kind } of subject.tenancy.relations) {
      if (relation.kind !== 'foreign table' || (kind !== 'tenant' && kind !== 'untenanted')) continue;
      if (!isTouchable(subject, relation)) continue;
      yield faultOf(relation, `no policy can protect it, and ${holders(subject, relation)} can use it`);
    }
  },
  fix: (fault, subject) => revokeOn(subject, fault, 'ALL'),
};
