import { assumableRoles } from '../../../catalog/roles.js';
import type { Check } from '../../check.js';
import { revokeMembership } from '../../owners.js';
import { faultOfRole, otherRoles } from '../../roles.js';

export const appRoleCanBypass: Check = {
  id: 'app-role-can-bypass',
  family: 'roles',
  title: 'The app role can become a role that row level security does not bind',
  severity: 'error',
  explanation:
    'The attributes SUPERUSER and BYPASSRLS are not inherited, so a membership looks harmless; but SET ROLE takes them on. ' +
    'Whoever can run SQL as the application is one statement away from every tenant. A role that the application ' +
    'administers (ADMIN OPTION) counts, because it can grant that role to itself.',
  *find(subject) {
    const { role } = subject.app;
    if (!role) return;
    const assumable = assumableRoles(subject.snapshot, role.name);
    for (const other of otherRoles(subject)) {
      if ((!other.superuser && !other.bypassRls) || !assumable.has(other.name)) continue;
      const what = other.superuser ? 'a superuser' : 'which has BYPASSRLS';
      yield faultOfRole(role, `${role.name} can become ${other.name}, ${what}`, { part: other.name });
    }
  },
  fix: (fault, subject) => revokeMembership(subject, fault.part ?? ''),
};
