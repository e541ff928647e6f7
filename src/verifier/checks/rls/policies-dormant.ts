import { quoteName } from '../../../identifiers.js';
import type { Check } from '../../check.js';
import { faultOf, isTable, isTouchable, tenantTables } from '../../relations.js';

export const policiesDormant: Check = {
  id: 'policies-dormant',
  family: 'rls',
  title: 'Policies exist, but row level security is off',
  severity: 'warn',
  explanation:
    'CREATE POLICY does not enable row level security: until ALTER TABLE … ENABLE ROW LEVEL SECURITY the policies are ' +
    'stored and ignored. Nothing of the application reaches this table today, or it holds no tenant rows (otherwise ' +
    'rls-disabled reports it), but whoever wrote the policies counts on them.',
  onlyUnderRls: true,
  *find(subject) {
    const reported = new Set(
      tenantTables(subject)
        .filter(({ relation }) => isTouchable(subject, relation))
        .map(({ relation }) => relation),
    );
    for (const { relation, class: kind } of subject.tenancy.relations) {
      if (relation.rowSecurity || relation.policies.length === 0 || !isTable(relation)) continue;
      if (kind === 'internal' || reported.has(relation)) continue;
      const names = relation.policies.map((policy) => policy.name).join(', ');
      yield faultOf(relation, `row level security is off, so nothing applies: ${names}`);
    }
  },
  fix: (fault) =>
    `ALTER TABLE ${quoteName({ schema: fault.schema, name: fault.object })} ENABLE ROW LEVEL SECURITY;`,
};
