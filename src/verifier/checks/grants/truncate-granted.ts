import type { Check } from '../../check.js';
import { excessiveGrants, revokeOn } from '../../grants.js';
import { tenantTables } from '../../relations.js';

export const truncateGranted: Check = {
  id: 'truncate-granted',
  family: 'grants',
  title: 'The application may TRUNCATE a tenant table',
  severity: 'error',
  explanation:
    'TRUNCATE is not subject to row level security: it empties the table for every tenant, and with CASCADE all tables that ' +
    'refer to it. An application deletes rows, it never empties tables.',
  find: (subject) =>
    excessiveGrants(
      subject,
      tenantTables(subject),
      ['TRUNCATE'],
      'it ignores policies and empties the table',
    ),
  fix: (fault, subject) => revokeOn(subject, fault, ['TRUNCATE']),
};
