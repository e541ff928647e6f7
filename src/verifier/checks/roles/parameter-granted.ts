import { quoteIdent } from '../../../identifiers.js';
import type { Check } from '../../check.js';
import { granteeList, holdersOf, privilegesIn } from '../../grants.js';

/** Parameters that switch off what keeps tenants apart. */
const DANGEROUS = ['session_replication_role'];

export const parameterGranted: Check = {
  id: 'parameter-granted',
  family: 'roles',
  title: 'The application may set a parameter that switches protection off',
  severity: 'error',
  explanation:
    "With session_replication_role = replica, triggers and foreign keys are skipped: rows can then refer to another tenant's, " +
    'or to nothing. Only superusers may set it, unless GRANT SET ON PARAMETER (PostgreSQL 15 and later) gave it away. ' +
    'ALTER SYSTEM on any parameter changes the server for everyone.',
  *find(subject) {
    for (const { name, grants } of subject.snapshot.parameters) {
      const usable = subject.app
        .usable(grants)
        .filter(({ privilege }) => privilege === 'ALTER SYSTEM' || DANGEROUS.includes(name));
      if (usable.length === 0) continue;
      const how = privilegesIn(usable);
      const who = holdersOf(usable);
      yield { schema: '', object: name, detail: `${who} may ${how} ${name}` };
    }
  },
  fix(fault, subject) {
    const parameter = subject.snapshot.parameters.find(({ name }) => name === fault.object);
    if (!parameter) return undefined;
    const grants = subject.app.usable(parameter.grants);
    const name = parameter.name.split('.').map(quoteIdent).join('.');
    return `REVOKE ALL ON PARAMETER ${name} FROM ${granteeList(grants)};`;
  },
};
