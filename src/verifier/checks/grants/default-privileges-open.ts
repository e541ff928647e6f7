import type { DefaultPrivileges } from '../../../catalog/snapshot.js';
import { quoteIdent } from '../../../identifiers.js';
import type { Check, Subject } from '../../check.js';
import { roleName } from '../../relations.js';

/** What an application may well hold on the tables to come. */
const ORDINARY = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];

export const defaultPrivilegesOpen: Check = {
  id: 'default-privileges-open',
  family: 'grants',
  title: 'Tables to come are granted before anyone protects them',
  severity: 'warn',
  explanation:
    'ALTER DEFAULT PRIVILEGES grants on every table that a role will create. A new table, a copy, a partition starts without ' +
    'row level security, so it is open from its first moment to whoever the default names. For PUBLIC, or for more than ' +
    'reading and writing rows, that is a weakness; for the app role it is usual, and a reminder (info).',
  *find(subject) {
    for (const entry of subject.snapshot.defaultPrivileges) {
      if (entry.objects !== 'tables' || !concerns(subject, entry)) continue;
      for (const grantee of granteesOf(subject, entry)) {
        const privileges = privilegesFor(entry, grantee);
        const usual = grantee !== 'public' && privileges.every((privilege) => ORDINARY.includes(privilege));
        yield {
          schema: entry.schema ?? '',
          object: entry.owner,
          part: grantee,
          detail: `${roleName(grantee)} gets ${privileges.join(', ')} on every table that ${entry.owner} creates`,
          ...(usual && { severity: 'info' as const }),
        };
      }
    }
  },
  fix(fault, subject) {
    const entry = subject.snapshot.defaultPrivileges.find(
      ({ objects, schema, owner }) =>
        objects === 'tables' && (schema ?? '') === fault.schema && owner === fault.object,
    );
    const grantee = fault.part ?? '';
    if (!entry || fault.severity === 'info') return undefined;
    const schema = entry.schema === undefined ? '' : ` IN SCHEMA ${quoteIdent(entry.schema)}`;
    const excess = privilegesFor(entry, grantee).filter(
      (privilege) => grantee === 'public' || !ORDINARY.includes(privilege),
    );
    const from = grantee === 'public' ? 'PUBLIC' : quoteIdent(grantee);
    return `ALTER DEFAULT PRIVILEGES FOR ROLE ${quoteIdent(entry.owner)}${schema} REVOKE ${excess.join(', ')} ON TABLES FROM ${from};`;
  },
};

function concerns(subject: Subject, entry: DefaultPrivileges): boolean {
  return entry.schema === undefined || subject.tenancy.config.schemas.includes(entry.schema);
}

function granteesOf(subject: Subject, entry: DefaultPrivileges): string[] {
  const usable = subject.app.usable(entry.grants).filter((grant) => grant.grantee !== entry.owner);
  return [...new Set(usable.map((grant) => grant.grantee))];
}

function privilegesFor(entry: DefaultPrivileges, grantee: string): string[] {
  return entry.grants.filter((grant) => grant.grantee === grantee).map((grant) => grant.privilege);
}
