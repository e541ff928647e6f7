import type { Relation } from '../../../catalog/snapshot.js';
import { quoteName } from '../../../identifiers.js';
import type { Check, Subject } from '../../check.js';
import { bodyOf } from '../../functions.js';
import { findAll } from '../../policy/nodes.js';
import { faultOf, relationOf, tenantTables } from '../../relations.js';

export const rlsNotForced: Check = {
  id: 'rls-not-forced',
  family: 'rls',
  title: "Row level security does not bind the table's owner",
  severity: 'warn',
  explanation:
    'Policies do not apply to the owner of a table, nor to members of that role, unless row level security is forced. Where ' +
    'the application is the owner, or can become it, that is a hole (error). Otherwise it is a weakness: views and SECURITY ' +
    'DEFINER functions of the owner, and scripts that run as the owner, see every tenant. Once it is bound, audit as a role ' +
    'with BYPASSRLS; where functions of the owner read the table, there is no fix, since they may rely on that.',
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
  fix: (fault, subject) => {
    const known = relationOf(subject, fault);
    if (known && isReadByItsOwner(subject, known.relation)) return undefined;
    return `ALTER TABLE ${quoteName({ schema: fault.schema, name: fault.object })} FORCE ROW LEVEL SECURITY;`;
  },
};

/** A policy that asks such a function would, under FORCE, ask itself: infinite recursion. */
function isReadByItsOwner(subject: Subject, { name, owner }: Relation): boolean {
  const role = subject.snapshot.roles.find((candidate) => candidate.name === owner);
  if (role?.superuser || role?.bypassRls) return false;
  return subject.snapshot.functions.some((fn) => {
    if (!fn.securityDefiner || fn.owner !== owner || fn.extension !== undefined) return false;
    const body = bodyOf(subject, fn);
    return !body || findAll(body.statements, 'RangeVar').some(({ relname }) => relname === name);
  });
}
