import { quoteIdent } from '../../../identifiers.js';
import type { Check } from '../../check.js';
import { betterOwner, revokeMembership } from '../../owners.js';
import { tenantTables } from '../../relations.js';

export const appRoleOwnsSchema: Check = {
  id: 'app-role-owns-schema',
  family: 'roles',
  title: 'The app role owns a schema with tenant tables, or can become its owner',
  severity: 'error',
  explanation:
    'The owner of a schema may drop every table in it, whoever owns the table, and put others of the same name in their ' +
    'place, without policies. It may also let anyone create objects there. The application needs USAGE and nothing more.',
  *find(subject) {
    const { becomes } = subject.app;
    const schemas = new Set(tenantTables(subject).map(({ relation }) => relation.schema));
    // The database's owner is pg_database_owner by itself, which app-role-owns-database reports.
    const byDatabase = becomes.has(subject.snapshot.database.owner) ? 'pg_database_owner' : undefined;
    for (const { name, owner } of subject.snapshot.schemas) {
      if (!schemas.has(name) || !becomes.has(owner) || owner === byDatabase) continue;
      const how = owner === subject.app.role?.name ? `its owner is the app role ${owner}` : undefined;
      yield { schema: name, object: '', detail: how ?? `the app role can become its owner ${owner}` };
    }
  },
  fix(fault, subject) {
    const owner = subject.snapshot.schemas.find((schema) => schema.name === fault.schema)?.owner ?? '';
    if (owner !== subject.app.role?.name) return revokeMembership(subject, owner);
    const other = betterOwner(subject);
    if (other === undefined) return undefined;
    const schema = quoteIdent(fault.schema);
    return `ALTER SCHEMA ${schema} OWNER TO ${quoteIdent(other)};\nGRANT USAGE ON SCHEMA ${schema} TO ${quoteIdent(owner)};`;
  },
};
