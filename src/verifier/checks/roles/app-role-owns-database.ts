import { quoteIdent } from '../../../identifiers.js';
import type { Check } from '../../check.js';
import { betterOwner, revokeMembership } from '../../owners.js';
import { faultOfRole } from '../../roles.js';

export const appRoleOwnsDatabase: Check = {
  id: 'app-role-owns-database',
  family: 'roles',
  title: 'The app role owns the database, or can become its owner',
  severity: 'error',
  explanation:
    'The owner of a database is a member of pg_database_owner, who owns the schema public from PostgreSQL 15 on and so may ' +
    'drop any table in it. It may set defaults for every session, the tenant setting among them, and drop the database.',
  *find(subject) {
    const { role, becomes } = subject.app;
    const { name, owner } = subject.snapshot.database;
    if (!role || !becomes.has(owner)) return;
    const how = owner === role.name ? 'owns' : `can become ${owner}, who owns`;
    yield faultOfRole(role, `${role.name} ${how} the database ${name}`);
  },
  fix(fault, subject) {
    const { name, owner } = subject.snapshot.database;
    if (owner !== fault.object) return revokeMembership(subject, owner);
    const other = betterOwner(subject);
    return other && `ALTER DATABASE ${quoteIdent(name)} OWNER TO ${quoteIdent(other)};`;
  },
};
