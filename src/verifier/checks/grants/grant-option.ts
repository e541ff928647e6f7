import { quoteName } from '../../../identifiers.js';
import type { Check } from '../../check.js';
import { grantedOn, granteeList, holdersOf, privilegesIn } from '../../grants.js';
import { faultOf, relationOf, tenantTables } from '../../relations.js';

export const grantOption: Check = {
  id: 'grant-option',
  family: 'grants',
  title: 'The application may pass its privileges on',
  severity: 'warn',
  explanation:
    'WITH GRANT OPTION lets the application grant what it holds to any role, PUBLIC included. Who can reach a tenant table is ' +
    'then decided by whoever gets to run SQL as the application, and no review of migrations will show it.',
  *find(subject) {
    for (const { relation } of tenantTables(subject)) {
      const grants = grantedOn(subject, relation).filter((grant) => grant.grantable);
      if (grants.length === 0) continue;
      const who = holdersOf(grants);
      const what = privilegesIn(grants);
      yield faultOf(relation, `${who} may grant ${what} to others`);
    }
  },
  fix(fault, subject) {
    const known = relationOf(subject, fault);
    if (!known) return undefined;
    const grants = grantedOn(subject, known.relation).filter((grant) => grant.grantable);
    const what = privilegesIn(grants);
    const table = quoteName(known.relation);
    // CASCADE takes back what was passed on already.
    return `REVOKE GRANT OPTION FOR ${what} ON ${table} FROM ${granteeList(grants)} CASCADE;`;
  },
};
