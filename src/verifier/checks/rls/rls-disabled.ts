import type { Check } from '../../check.js';
import { enableRls } from '../../policy/tenant-policy.js';
import { faultOf, holders, isTouchable, tenantTables } from '../../relations.js';

export const rlsDisabled: Check = {
  id: 'rls-disabled',
  family: 'rls',
  title: 'Row level security is off on a tenant table',
  severity: 'error',
  explanation:
    'Without row level security the database hands every row to whoever holds a privilege on the table; only the ' +
    "application's WHERE clauses keep tenants apart, and one forgotten clause shows another tenant's rows. Policies on the " +
    'table do nothing while it is off. A table on which neither the app role nor PUBLIC holds a privilege is not reported.',
  onlyUnderRls: true,
  *find(subject) {
    for (const { relation } of tenantTables(subject)) {
      if (relation.rowSecurity || relation.parents.length > 0 || !isTouchable(subject, relation)) continue;
      // What others inherit from is the concern of parent-without-rls.
      if (relation.kind === 'table' && subject.childrenOf(relation).length > 0) continue;
      const dormant = relation.policies.length;
      const policies = dormant === 0 ? '' : `; its ${dormant === 1 ? 'policy does' : 'policies do'} nothing`;
      yield faultOf(
        relation,
        `row level security is off, and ${holders(subject, relation)} can use it${policies}`,
      );
    }
  },
  fix: enableRls,
};
