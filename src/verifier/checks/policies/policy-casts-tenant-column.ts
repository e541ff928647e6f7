import type { Check } from '../../check.js';
import { findAll, textsOf } from '../../policy/nodes.js';
import { tightenPolicy } from '../../policy/tenant-policy.js';
import { faultOf, tenantTables } from '../../relations.js';

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
    for (const { relation, tenantColumn } of tenantTables(subject)) {
      for (const policy of relation.policies) {
        const casts = [policy.using, policy.check]
          .flatMap((text) => (text === undefined ? [] : findAll(subject.sql.expression(text), 'TypeCast')))
          .some(({ arg }) => {
            const column = arg && 'ColumnRef' in arg ? textsOf(arg.ColumnRef.fields).at(-1) : undefined;
            return tenantColumn !== undefined && column === tenantColumn;
          });
        if (!casts || relabelled(relation.columns.find(({ name }) => name === tenantColumn)?.type)) continue;
        yield faultOf(relation, `policy ${policy.name} casts ${tenantColumn}`, { part: policy.name });
      }
    }
  },
  fix: tightenPolicy,
};

/** PostgreSQL itself compares these as text, by a cast that costs nothing and keeps the index. */
function relabelled(type: string | undefined): boolean {
  return type?.startsWith('character varying') ?? false;
}
