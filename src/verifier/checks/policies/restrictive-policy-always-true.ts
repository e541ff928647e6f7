import { quoteIdent, quoteName } from '../../../identifiers.js';
import type { Check } from '../../check.js';
import { isAlwaysTrue } from '../../policy/combine.js';
import { faultOf, tenantTables } from '../../relations.js';

export const restrictivePolicyAlwaysTrue: Check = {
  id: 'restrictive-policy-always-true',
  family: 'policies',
  title: 'A restrictive policy restricts nothing',
  severity: 'warn',
  explanation:
    'Restrictive policies are joined by AND and are meant as the floor that no permissive policy can go below. One whose ' +
    'condition is always true holds nothing back; whoever adds a permissive policy later counts on a floor that is not there.',
  onlyUnderRls: true,
  *find(subject) {
    for (const known of tenantTables(subject)) {
      for (const policy of known.relation.policies) {
        if (policy.permissive || !isAlwaysTrue(subject, known, policy)) continue;
        const detail = `restrictive policy ${policy.name} is always true: ${policy.using ?? policy.check}`;
        yield faultOf(known.relation, detail, { part: policy.name });
      }
    }
  },
  fix: (fault) =>
    `DROP POLICY ${quoteIdent(fault.part ?? '')} ON ${quoteName({ schema: fault.schema, name: fault.object })};`,
};
