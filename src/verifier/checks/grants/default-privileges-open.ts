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
    'row level security, so it is open from its first moment to whoever the default names. That the app role may read and ' +
    'write rows is usual, and not reported; PUBLIC, or TRUNCATE, TRIGGER and REFERENCES for the app role, are.',
  *find(subject) {
    for (const entry of subject.snapshot.defaultPrivileges) {
      if (entry.objects !== 'tables' || !concerns(subject, entry)) continue;
      for (const grantee of granteesOf(subject, entry)) {
        const privileges = excessFor(entry, grantee);
        if (privileges.length === 0) continue;
        yield {
          schema: entry.schema ?? '',
          object: entry.owner,
          part: grantee,
          detail: `${roleName(grantee)} gets ${privileges.join(', ')} on every table that ${entry.owner} creates`,
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
    if (!entry) return undefined;
    const schema = entry.schema === undefined ? '' : ` IN SCHEMA ${quoteIdent(entry.schema)}`;
    const excess = excessFor(entry, grantee);
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

function excessFor(entry: DefaultPrivileges, grantee: string): string[] {
  return entry.grants
    .filter((grant) => grant.grantee === grantee)
    .map((grant) => grant.privilege)
    .filter((privilege) => grantee === 'public' || !ORDINARY.includes(privilege));
}
