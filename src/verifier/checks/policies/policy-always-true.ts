import type { Check } from '../../check.js';
import { openingFaults } from '../../policy/faults.js';
import { tightenPolicy } from '../../policy/tenant-policy.js';

export const policyAlwaysTrue: Check = {
  id: 'policy-always-true',
  family: 'policies',
  title: 'A permissive policy lets every row through',
  severity: 'error',
  explanation:
    'Permissive policies are joined by OR: one whose condition is always true opens the table for its commands and roles, ' +
    'however strict the others are. USING (true) is the plain form; a test that the NOT NULL tenant column is not null is ' +
    'the same. It is not reported where a restrictive policy for the same role and command holds it back.',
  onlyUnderRls: true,
  find: (subject) => openingFaults(subject, 'using', 'always', 'shows every row of every tenant'),
  fix: tightenPolicy,
};
