import type { Check } from '../../check.js';
import { excessiveGrants, revokeOn } from '../../grants.js';
import { tenantTables } from '../../relations.js';

export const maintainGranted: Check = {
  id: 'maintain-granted',
  family: 'grants',
  title: 'The application may lock and rewrite a tenant table',
  severity: 'warn',
  explanation:
    "MAINTAIN (PostgreSQL 17 and later) allows VACUUM FULL, CLUSTER, REINDEX and LOCK TABLE in any mode: one tenant's session can " +
    'stop all others for as long as it likes. It shows no rows. GRANT ALL includes this privilege.',
  find: (subject) =>
    excessiveGrants(subject, tenantTables(subject), ['MAINTAIN'], 'one tenant can block all others'),
  fix: (fault, subject) => revokeOn(subject, fault, ['MAINTAIN']),
};
