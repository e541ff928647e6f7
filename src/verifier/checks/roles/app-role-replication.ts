import { attributeCheck } from '../../roles.js';

export const appRoleReplication = attributeCheck(
  {
    id: 'app-role-replication',
    title: 'The app role has REPLICATION',
    severity: 'error',
    explanation:
      'A role with REPLICATION may copy the whole cluster and follow every change in it, through a replication connection or ' +
      "a logical slot. Policies apply to queries, not to the stream of changes, so all tenants' rows are in it.",
  },
  (role) => role.replication,
  'NOREPLICATION',
);
