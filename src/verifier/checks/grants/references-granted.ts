import type { Check, Fault } from '../../check.js';
import { excessiveGrants, revokeOn } from '../../grants.js';
import { tenantTables } from '../../relations.js';

export const referencesGranted: Check = {
  id: 'references-granted',
  family: 'grants',
  title: 'The application may make foreign keys to a tenant table',
  severity: 'warn',
  explanation:
    "A foreign key is checked without row level security, so a table of one's own that refers to a tenant table tells which " +
    'keys exist there, and keeps other tenants from deleting them. It takes a place to create that table: where the ' +
    'application has one, this is a hole (error), otherwise a weakness. GRANT ALL includes this privilege.',
  *find(subject) {
    const { app, snapshot } = subject;
    const mayCreate = [snapshot.database.grants, ...snapshot.schemas.map((schema) => schema.grants)].some(
      (grants) => app.usable(grants).some((grant) => grant.privilege === 'CREATE'),
    );
    const severity: Pick<Fault, 'severity'> = mayCreate ? { severity: 'error' } : {};
    const consequence = 'a foreign key to it tells which keys exist';
    for (const fault of excessiveGrants(subject, tenantTables(subject), ['REFERENCES'], consequence)) {
      yield { ...fault, ...severity };
    }
  },
  fix: (fault, subject) => revokeOn(subject, fault, ['REFERENCES']),
};
