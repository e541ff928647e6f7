import { quoteIdent, quoteName } from '../../../identifiers.js';
import type { Check } from '../../check.js';
import { constraintOf } from '../../keys.js';
import { faultOf, isWritable, tenantTables } from '../../relations.js';
import { unscopedExclusions } from '../../spanning.js';

export const exclusionNotScoped: Check = {
  id: 'exclusion-not-scoped',
  family: 'keys',
  title: 'An exclusion constraint spans all tenants',
  severity: 'error',
  explanation:
    "An exclusion constraint compares a new row with every row, whatever the policies hide. One tenant's booking then refuses " +
    "another tenant's, and the refusal tells when and where the other one is. The constraint needs `tenant WITH =` first " +
    '(the extension btree_gist provides it for GiST).',
  *find(subject) {
    for (const known of tenantTables(subject)) {
      if (!isWritable(subject, known.relation)) continue;
      for (const { name } of unscopedExclusions(subject, known)) {
        yield faultOf(known.relation, `${name} excludes across all tenants`, { part: name });
      }
    }
  },
  fix(fault, subject) {
    const found = constraintOf(subject, fault);
    const tenant = found?.known.tenantColumn;
    if (!found || tenant === undefined) return undefined;
    const name = quoteIdent(found.constraint.name);
    const definition = found.constraint.definition.replace('(', () => `(${quoteIdent(tenant)} WITH =, `);
    const needsExtension =
      definition.startsWith('EXCLUDE USING gist') && !subject.snapshot.extensions.includes('btree_gist');
    const table = quoteName(found.known.relation);
    return [
      ...(needsExtension ? ['CREATE EXTENSION btree_gist;'] : []),
      `ALTER TABLE ${table} DROP CONSTRAINT ${name}, ADD CONSTRAINT ${name} ${definition};`,
    ].join('\n');
  },
};
