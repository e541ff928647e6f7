import type { Check } from '../../check.js';
import { faultOf, holders, isTouchable, tenantTables } from '../../relations.js';

export const rlsWithoutPolicy: Check = {
  id: 'rls-without-policy',
  family: 'rls',
  title: 'Row level security is on, but no policy lets anyone in',
  severity: 'info',
  explanation:
    'With row level security on and no policy, every row is hidden and every write refused. That leaks nothing; but a role ' +
    'holds privileges that it cannot use, so either a policy is missing or the privileges are superfluous.',
  onlyUnderRls: true,
  *find(subject) {
    for (const { relation } of tenantTables(subject)) {
      if (!relation.rowSecurity || relation.policies.length > 0 || relation.parents.length > 0) continue;
      if (!isTouchable(subject, relation)) continue;
      yield faultOf(relation, `${holders(subject, relation)} may use it, but no policy shows any row`);
    }
  },
};
