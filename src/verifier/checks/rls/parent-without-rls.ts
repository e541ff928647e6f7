import type { Check } from '../../check.js';
import { enableRls } from '../../policy/tenant-policy.js';
import { faultOf, holders, isTouchable, tenantTables } from '../../relations.js';

export const parentWithoutRls: Check = {
  id: 'parent-without-rls',
  family: 'rls',
  title: 'A table that tenant tables inherit from has no row level security',
  severity: 'error',
  explanation:
    'A query on a parent table returns the rows of its children too, and only the policies of the table that the query ' +
    'names are applied. So a parent without row level security opens every child, however well that one is protected.',
  onlyUnderRls: true,
  *find(subject) {
    for (const { relation } of tenantTables(subject)) {
      if (relation.rowSecurity || relation.kind !== 'table' || !isTouchable(subject, relation)) continue;
      const [child] = subject.childrenOf(relation);
      if (!child) continue;
      const detail = `returns the rows of ${child.name}, and ${holders(subject, relation)} can use it without a policy`;
      yield faultOf(relation, detail);
    }
  },
  fix: enableRls,
};
