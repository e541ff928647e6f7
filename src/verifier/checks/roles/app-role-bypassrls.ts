import { attributeCheck } from '../../roles.js';

export const appRoleBypassrls = attributeCheck(
  {
    id: 'app-role-bypassrls',
    title: 'The app role has BYPASSRLS',
    severity: 'error',
    explanation:
      'BYPASSRLS switches row level security off for the role, on every table, forced or not. It is meant for backups and ' +
      'operators. With it the policies are decoration: the application sees and changes the rows of all tenants.',
  },
  (role) => role.bypassRls,
  'NOBYPASSRLS',
);
