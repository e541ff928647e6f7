import type { Check } from '../../check.js';
import { roleName } from '../../relations.js';

export const largeObjectGranted: Check = {
  id: 'large-object-granted',
  family: 'grants',
  title: 'The application can use large objects',
  severity: 'error',
  explanation:
    'Large objects have no columns, no tenant and no policies: whoever holds the privilege reads them all, by numbers that ' +
    "are easily guessed. Every tenant's session is the same role, so an object that one of them made is every one's. Keep " +
    'files in a bytea column of a tenant table, or outside of the database.',
  *find({ snapshot, app }) {
    for (const { grantee, privilege, count } of snapshot.largeObjects) {
      if (privilege !== 'SELECT' || (grantee !== 'public' && !app.becomes.has(grantee))) continue;
      const objects = count === 1 ? 'a large object' : `${count} large objects`;
      yield {
        schema: '',
        object: 'large objects',
        part: grantee,
        detail: `${roleName(grantee)} can read ${objects}`,
      };
    }
  },
};
