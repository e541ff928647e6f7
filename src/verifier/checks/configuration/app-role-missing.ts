import type { Check } from '../../check.js';

export const appRoleMissing: Check = {
  id: 'app-role-missing',
  family: 'configuration',
  title: 'There is no app role to judge by',
  severity: 'warn',
  explanation:
    "What matters is what the application's own role can do. Without `appRole` in the configuration, or before that role " +
    'exists, only what everybody may do (PUBLIC) is judged, and nothing can be proven. `tenantctl create-app-role` makes it.',
  *find(subject) {
    if (subject.app.role) return;
    const { appRole } = subject.tenancy.config;
    const detail =
      appRole === undefined
        ? 'tenancy.appRole is not configured; judged by what PUBLIC may do'
        : `the role ${appRole} does not exist; judged by what PUBLIC may do`;
    yield { schema: '', object: appRole ?? '', detail };
  },
};
