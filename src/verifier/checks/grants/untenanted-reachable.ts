import { usablePrivileges } from '../../blocked.js';
import type { Check } from '../../check.js';
import { faultOf, holders } from '../../relations.js';

export const untenantedReachable: Check = {
  id: 'untenanted-reachable',
  family: 'grants',
  title: 'The application can use a relation that belongs to no tenant',
  severity: 'error',
  explanation:
    'The relation has no tenant column, no foreign key leads from it to the root, and it is not declared shared: nothing says ' +
    'whose rows these are, so nothing can keep them apart. Give it the column (`tenantctl backfill-tenant`), or declare it ' +
    'in `tenancy.shared` with the reason why every tenant may read it, or revoke the privilege.',
  *find(subject) {
    for (const { relation, class: kind } of subject.tenancy.relations) {
      if (kind !== 'untenanted' || relation.kind === 'foreign table') continue;
      const privileges = usablePrivileges(subject, relation);
      if (privileges.length === 0) continue;
      yield faultOf(
        relation,
        `nothing says whose its rows are, and ${holders(subject, relation)} may ${privileges.join(', ')}`,
      );
    }
  },
};
