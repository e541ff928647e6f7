import type { Check } from '../../check.js';
import { enableRls } from '../../policy/tenant-policy.js';
import { faultOf, holders, isTouchable, tenantTables } from '../../relations.js';

export const childWithoutRls: Check = {
  id: 'child-without-rls',
  family: 'rls',
  title: 'A partition or inheriting table can be used by name, without row level security',
  severity: 'error',
  explanation:
    'The policies of a partitioned or inherited table bind only queries that name it. Partitions and children get neither ' +
    'the policies nor the switch, so a privilege on the child itself is a way around them. Without a privilege of its own, ' +
    'a child can only be reached through its parent, and is not reported.',
  onlyUnderRls: true,
  *find(subject) {
    for (const { relation } of tenantTables(subject)) {
      const parent = subject.relation(relation.parents[0] ?? 0);
      if (!parent || relation.rowSecurity || !isTouchable(subject, relation)) continue;
      const kind = relation.isPartition ? 'partition' : 'child';
      const detail = `${kind} of ${parent.name} without row level security; ${holders(subject, relation)} can name it`;
      yield faultOf(relation, detail);
    }
  },
  fix: enableRls,
};
