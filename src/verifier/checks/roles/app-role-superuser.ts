import { attributeCheck } from '../../roles.js';

export const appRoleSuperuser = attributeCheck(
  {
    id: 'app-role-superuser',
    title: 'The app role is a superuser',
    severity: 'error',
    explanation:
      'A superuser passes every permission check, and row level security does not exist for it, forced or not. Tests that ' +
      'run as a superuser prove nothing about tenants either. The application needs no attribute at all.',
  },
  (role) => role.superuser,
  'NOSUPERUSER',
);
