import { quoteName } from '../../../identifiers.js';
import type { Check } from '../../check.js';
import { grantedOn, privilegesIn } from '../../grants.js';
import { faultOf, tenantTables } from '../../relations.js';

export const publicGrant: Check = {
  id: 'public-grant',
  family: 'grants',
  title: 'A tenant table is granted to PUBLIC',
  severity: 'warn',
  explanation:
    'PUBLIC is every role that exists or will exist: reporting users, other applications, whoever gets a login next year. ' +
    'Policies still apply, but nobody decided that these roles should reach the table at all. Grant to the roles that need it.',
  *find(subject) {
    for (const { relation } of tenantTables(subject)) {
      const grants = grantedOn(subject, relation).filter((grant) => grant.grantee === 'public');
      if (grants.length === 0) continue;
      const what = privilegesIn(grants);
      yield faultOf(relation, `every role may ${what}`);
    }
  },
  fix: (fault) => `REVOKE ALL ON ${quoteName({ schema: fault.schema, name: fault.object })} FROM PUBLIC;`,
};
