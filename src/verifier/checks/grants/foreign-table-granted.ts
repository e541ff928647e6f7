import { quoteIdent } from '../../../identifiers.js';
import type { Check } from '../../check.js';
import { granteeList, holdersOf, revokeOn } from '../../grants.js';
import { faultOf, holders, isTouchable } from '../../relations.js';

export const foreignTableGranted: Check = {
  id: 'foreign-table-granted',
  family: 'grants',
  title: 'The application can use a foreign table, or a foreign server',
  severity: 'error',
  explanation:
    'Row level security cannot be enabled on a foreign table, and the other server sees the one user of the mapping, not the ' +
    "tenant: every tenant's rows come through. Put a filtered view before it, or give the application a tenant's own copy. " +
    'With USAGE on a server and an account there, the application itself says what to ask of it, by dblink or a foreign table ' +
    'of its own; where that leads, nobody can tell from here (warn, and inconclusive until it is waived).',
  *find(subject) {
    for (const { relation, class: kind } of subject.tenancy.relations) {
      if (relation.kind !== 'foreign table' || (kind !== 'tenant' && kind !== 'untenanted')) continue;
      if (!isTouchable(subject, relation)) continue;
      yield faultOf(relation, `no policy can protect it, and ${holders(subject, relation)} can use it`);
    }
    for (const { name, grants, accounts } of subject.snapshot.servers) {
      const usable = subject.app.usable(grants);
      const hasAccount = accounts.some((account) => account === 'public' || subject.app.becomes.has(account));
      if (usable.length === 0 || !hasAccount) continue;
      const detail = `${holdersOf(usable)} may use this server, by an account whose rights there are not known`;
      yield { schema: '', object: name, detail, severity: 'warn', undecided: true };
    }
  },
  fix(fault, subject) {
    const server = fault.schema === '' && subject.snapshot.servers.find(({ name }) => name === fault.object);
    if (!server) return revokeOn(subject, fault, 'ALL');
    const grantees = granteeList(subject.app.usable(server.grants));
    return `REVOKE USAGE ON FOREIGN SERVER ${quoteIdent(server.name)} FROM ${grantees};`;
  },
};
