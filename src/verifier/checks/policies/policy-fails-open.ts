import type { Check } from '../../check.js';
import { openingFaults } from '../../policy/faults.js';
import { tightenPolicy } from '../../policy/tenant-policy.js';

export const policyFailsOpen: Check = {
  id: 'policy-fails-open',
  family: 'policies',
  title: 'A policy lets every row through while no tenant is set',
  severity: 'error',
  explanation:
    'The condition holds when the setting is missing or empty: by `… IS NULL OR`, by coalesce to the column itself, or by a ' +
    'negation that takes NULL for a match. A pooled connection whose setting was local to the last transaction reads it as ' +
    'an empty string, so this happens in production, not only in a fresh session. Without a tenant there must be no rows.',
  onlyUnderRls: true,
  *find(subject) {
    yield* openingFaults(subject, 'using', 'unset', 'shows every tenant while none is set');
    yield* openingFaults(subject, 'check', 'unset', 'lets rows of any tenant be written while none is set');
  },
  fix: tightenPolicy,
};
