import { quoteIdent, quoteName } from '../../../identifiers.js';
import type { Check } from '../../check.js';
import { grantedOn } from '../../grants.js';
import { betterOwner } from '../../owners.js';
import { faultOf, guardedTables, relationOf } from '../../relations.js';

export const appRoleOwnsTable: Check = {
  id: 'app-role-owns-table',
  family: 'roles',
  title: 'The app role owns a tenant table or a shared one',
  severity: 'error',
  explanation:
    'Policies bind an owner only where row level security is forced, and even then the owner can undo it: ALTER TABLE … ' +
    'DISABLE ROW LEVEL SECURITY, a policy of its own, TRUNCATE. What all share, it can rewrite for all. Tables should belong to a role that nobody logs in as, and ' +
    'the application should hold SELECT, INSERT, UPDATE and DELETE.',
  *find(subject) {
    const { role } = subject.app;
    for (const { relation } of guardedTables(subject)) {
      if (role && relation.owner === role.name)
        yield faultOf(relation, `its owner is the app role ${role.name}`);
    }
  },
  fix(fault, subject) {
    const known = relationOf(subject, fault);
    const owner = betterOwner(subject);
    const { role } = subject.app;
    if (!known || !role || owner === undefined) return undefined;
    const table = quoteName(known.relation);
    const statements = [`ALTER TABLE ${table} OWNER TO ${quoteIdent(owner)};`];
    // What it could do, it could do as the owner; without a grant the application would stop working.
    if (grantedOn(subject, known.relation).length === 0) {
      statements.push(
        `GRANT ${known.class === 'shared' ? 'SELECT' : 'SELECT, INSERT, UPDATE, DELETE'} ON ${table} TO ${quoteIdent(role.name)};`,
      );
    }
    return statements.join('\n');
  },
};
