import { quoteIdent } from '../../../identifiers.js';
import type { Check, Subject } from '../../check.js';
import { granteeList, holdersOf } from '../../grants.js';
import { tenantTables } from '../../relations.js';

export const schemaCreateGranted: Check = {
  id: 'schema-create-granted',
  family: 'grants',
  title: 'The application may create objects in a schema with tenant tables',
  severity: 'warn',
  explanation:
    'Tables and functions that the application creates there have no policies, and stand where others look names up: they can ' +
    'shadow what migrations and SECURITY DEFINER functions call by its bare name. PostgreSQL 14, and databases upgraded from ' +
    'it, let everybody create in the schema public.',
  *find(subject) {
    const schemas = new Set(tenantTables(subject).map(({ relation }) => relation.schema));
    for (const name of schemas) {
      const grants = createGrants(subject, name);
      if (grants.length === 0) continue;
      const who = holdersOf(grants);
      yield { schema: name, object: '', detail: `${who} may create tables and functions in it` };
    }
  },
  fix: (fault, subject) =>
    `REVOKE CREATE ON SCHEMA ${quoteIdent(fault.schema)} FROM ${granteeList(createGrants(subject, fault.schema))};`,
};

/** The owner's own right to create is another fault. */
function createGrants(subject: Subject, name: string) {
  const schema = subject.snapshot.schemas.find((candidate) => candidate.name === name);
  return subject.app
    .usable(schema?.grants ?? [])
    .filter(({ privilege, grantee }) => privilege === 'CREATE' && grantee !== schema?.owner);
}
