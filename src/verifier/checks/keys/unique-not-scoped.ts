import type { Check } from '../../check.js';
import { scopeUnique } from '../../fix/scope-unique.js';
import { faultOf, isWritable, relationOf, tenantTables } from '../../relations.js';
import { isOpaque, unscopedKeys } from '../../spanning.js';

export const uniqueNotScoped: Check = {
  id: 'unique-not-scoped',
  family: 'keys',
  title: 'A unique key spans all tenants',
  severity: 'error',
  explanation:
    'Uniqueness is checked against every row, whatever the policies hide. So an INSERT that fails, or that ON CONFLICT DO ' +
    'NOTHING skips, tells a tenant that another one has this e-mail address or number, and keeps it from using its own. Keys ' +
    'that nobody can guess or choose (uuid, identity, defaults by chance) tell nothing and are not reported; of a text ' +
    'primary key only its makers know (info).',
  *find(subject) {
    for (const known of tenantTables(subject)) {
      if (!isWritable(subject, known.relation)) continue;
      for (const index of unscopedKeys(subject, known)) {
        const columns = index.columns.map((column) => column || 'an expression').join(', ');
        const opaque = isOpaque(known.relation, index);
        yield faultOf(known.relation, `${index.name} makes ${columns} unique across all tenants`, {
          part: index.name,
          ...(opaque && { severity: 'info' }),
        });
      }
    }
  },
  fix(fault, subject) {
    const known = relationOf(subject, fault);
    const index = known?.relation.indexes.find(({ name }) => name === fault.part);
    if (!known || !index || fault.severity === 'info') return undefined;
    return scopeUnique(subject, known, index);
  },
};
