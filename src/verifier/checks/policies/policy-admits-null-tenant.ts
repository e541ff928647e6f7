import type { Check } from '../../check.js';
import { openingFaults } from '../../policy/faults.js';
import { tightenPolicy } from '../../policy/tenant-policy.js';

export const policyAdmitsNullTenant: Check = {
  id: 'policy-admits-null-tenant',
  family: 'policies',
  title: 'A policy shows rows that belong to no tenant',
  severity: 'warn',
  explanation:
    'The tenant column may be NULL, and the policy lets such rows through: to every tenant, or to a session without one. ' +
    'Whatever is written without a tenant, by mistake or on purpose, is then seen by all. Rows that all may read belong in ' +
    'a table of their own, which only its keeper may write.',
  onlyUnderRls: true,
  *find(subject) {
    yield* openingFaults(subject, 'using', 'null', 'shows rows whose tenant is NULL');
    yield* openingFaults(subject, 'check', 'null', 'lets rows without a tenant be written');
  },
  fix: tightenPolicy,
};
