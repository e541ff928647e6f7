import { quoteName } from '../../../identifiers.js';
import type { Check } from '../../check.js';
import { faultOf, tenantTables } from '../../relations.js';

export const rlsNotForced: Check = {
  id: 'rls-not-forced',
  family: 'rls',
  title: "Row level security does not bind the table's owner",
  severity: 'warn',
  explanation:
    'Policies do not apply to the owner of a table, nor to members of that role, unless row level security is forced. Where ' +
    'the application is the owner, or can become it, that is a hole (error). Otherwise it is a weakness: views and SECURITY ' +
    'DEFINER functions of the owner, and scripts that run as the owner, see every tenant.',
  onlyUnderRls: true,
  *find(subject) {
    for (const { relation } of tenantTables(subject)) {
      if (!relation.rowSecurity || relation.forceRowSecurity) continue;
      const { owner } = relation;
      const reached = subject.app.becomes.has(owner);
      const who = owner === subject.app.role?.name ? 'is' : 'can become';
      yield faultOf(
        relation,
        reached
          ? `row level security does not bind the owner ${owner}, and the app role ${who} it`
          : `row level security does not bind the owner ${owner}`,
        reached ? { severity: 'error' } : {},
      );
    }
  },
  fix: (fault) =>
    `ALTER TABLE ${quoteName({ schema: fault.schema, name: fault.object })} FORCE ROW LEVEL SECURITY;`,
};
