import type { Check } from '../../check.js';
import { openingFaults } from '../../policy/faults.js';
import { tightenCheck } from '../../policy/tenant-policy.js';

export const withCheckOpen: Check = {
  id: 'with-check-open',
  family: 'policies',
  title: 'WITH CHECK lets rows be written for another tenant',
  severity: 'error',
  explanation:
    'WITH CHECK decides which rows may be inserted, and what an updated row may become. Where it is weaker than the USING ' +
    'clause, a tenant can plant rows in another one, or give its rows away. A policy without WITH CHECK is no fault in itself: ' +
    'PostgreSQL then applies USING to what is written, too. It is one where users find their own rows by USING, whichever ' +
    "tenant's: then they could also make themselves members anywhere.",
  onlyUnderRls: true,
  *find(subject) {
    yield* openingFaults(subject, 'check', 'always', 'lets any row be written for any tenant');
    yield* openingFaults(subject, 'check', 'ignores', 'lets rows that meet it be written for any tenant');
  },
  fix: tightenCheck,
};
