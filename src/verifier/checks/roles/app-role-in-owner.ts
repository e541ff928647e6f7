import type { Check } from '../../check.js';
import { revokeMembership } from '../../owners.js';
import { guardedTables } from '../../relations.js';
import { faultOfRole, otherRoles } from '../../roles.js';

export const appRoleInOwner: Check = {
  id: 'app-role-in-owner',
  family: 'roles',
  title: 'The app role can become the owner of tenant or shared tables',
  severity: 'error',
  explanation:
    "A member of the owning role has, or with SET ROLE takes on, the owner's rights: where row level security is not forced " +
    'it is not bound by it, and where it is forced it can switch that off, add a policy, or drop the table. Migrations run ' +
    'as the owner; the application must be another role that is no member of it.',
  *find(subject) {
    const { role } = subject.app;
    if (!role) return;
    for (const other of otherRoles(subject)) {
      const owned = guardedTables(subject).filter(({ relation }) => relation.owner === other.name);
      const [first] = owned;
      if (!first) continue;
      const tables = owned.length === 1 ? first.relation.name : `${owned.length} tables`;
      yield faultOfRole(role, `${role.name} can become ${other.name}, who owns ${tables}`, {
        part: other.name,
      });
    }
  },
  fix: (fault, subject) => revokeMembership(subject, fault.part ?? ''),
};
