import type { Check } from '../../check.js';
import { policyFaults } from '../../policy/faults.js';
import { findAll, textsOf } from '../../policy/nodes.js';
import { tightenPolicy } from '../../policy/tenant-policy.js';

export const policyCastsTenantColumn: Check = {
  id: 'policy-casts-tenant-column',
  family: 'policies',
  title: 'A policy casts the tenant column, so no index on it can be used',
  severity: 'info',
  explanation:
    'A condition such as `tenant_id::text = current_setting(…)` is evaluated for every row of every tenant, because the index ' +
    "is on the column and not on the cast. Casting the setting instead gives the same rows at the cost of one tenant's share.",
  onlyUnderRls: true,
  *find(subject) {
    yield* policyFaults(subject, (_, trees, { relation, tenantColumn }) => {
      const casts = findAll(trees, 'TypeCast').some(({ arg }) => {
        const column = arg && 'ColumnRef' in arg ? textsOf(arg.ColumnRef.fields).at(-1) : undefined;
        return tenantColumn !== undefined && column === tenantColumn;
      });
      const type = relation.columns.find(({ name }) => name === tenantColumn)?.type;
      return casts && !relabelled(type) ? `casts ${tenantColumn}` : undefined;
    });
  },
  fix: tightenPolicy,
};

/** PostgreSQL itself compares these as text, by a cast that costs nothing and keeps the index. */
function relabelled(type: string | undefined): boolean {
  return type?.startsWith('character varying') ?? false;
}
