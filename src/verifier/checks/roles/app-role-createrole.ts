import { quoteIdent } from '../../../identifiers.js';
import type { Check } from '../../check.js';
import { faultOfRole } from '../../roles.js';

/** From this version on, CREATEROLE reaches only roles that its holder was made administrator of. */
const TAMED = 160000;

export const appRoleCreaterole: Check = {
  id: 'app-role-createrole',
  family: 'roles',
  title: 'The app role may create and change roles',
  severity: 'error',
  explanation:
    "Up to PostgreSQL 15 a role with CREATEROLE may grant itself any role that is no superuser, the tables' owner and BYPASSRLS " +
    'roles included, and may change their passwords. From 16 on it reaches only the roles it made or administers; that is ' +
    'still more than an application needs (warn).',
  *find({ app: { role }, snapshot: { server } }) {
    if (!role?.createRole) return;
    const tamed = server.versionNumber >= TAMED;
    yield faultOfRole(
      role,
      `the app role ${role.name} has CREATEROLE${tamed ? '' : ', and can grant itself any role but a superuser'}`,
      tamed ? { severity: 'warn' } : {},
    );
  },
  fix: (fault) => `ALTER ROLE ${quoteIdent(fault.object)} NOCREATEROLE;`,
};
