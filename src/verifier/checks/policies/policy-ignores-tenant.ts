import type { Check } from '../../check.js';
import { openingFaults } from '../../policy/faults.js';
import { tightenPolicy } from '../../policy/tenant-policy.js';

export const policyIgnoresTenant: Check = {
  id: 'policy-ignores-tenant',
  family: 'policies',
  title: 'A permissive policy shows rows without asking whose they are',
  severity: 'error',
  explanation:
    'Some branch of the condition is met by rows of any tenant: it compares another column, names one tenant literally, or ' +
    'adds an OR that the tenant test does not cover (AND binds tighter than OR). Such rows are shown, or changed, whatever ' +
    'tenant the session asks for. Conditions that only a function or a correlated subquery decides are left to the probe.',
  onlyUnderRls: true,
  find: (subject) => openingFaults(subject, 'using', 'ignores', 'shows rows of any tenant that meet it'),
  fix: tightenPolicy,
};
