import { attributeCheck } from '../../roles.js';

export const appRoleCreatedb = attributeCheck(
  {
    id: 'app-role-createdb',
    title: 'The app role may create databases',
    severity: 'warn',
    explanation:
      'CREATEDB is of no use to an application. Its holder owns what it creates, can fill the disk that all tenants share, ' +
      'and can copy any database that is marked as a template.',
  },
  (role) => role.createDb,
  'NOCREATEDB',
);
