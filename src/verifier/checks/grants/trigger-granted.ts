import type { Check } from '../../check.js';
import { excessiveGrants, revokeOn } from '../../grants.js';
import { tenantTables } from '../../relations.js';

export const triggerGranted: Check = {
  id: 'trigger-granted',
  family: 'grants',
  title: 'The application may attach triggers to a tenant table',
  severity: 'error',
  explanation:
    "A trigger runs for the writes of every session, whatever its tenant, with that session's rights. Whoever may attach one " +
    "can copy other tenants' rows as they are written, change them, or suppress them. GRANT ALL includes this privilege.",
  find: (subject) =>
    excessiveGrants(subject, tenantTables(subject), ['TRIGGER'], "its triggers see every tenant's writes"),
  fix: (fault, subject) => revokeOn(subject, fault, ['TRIGGER']),
};
