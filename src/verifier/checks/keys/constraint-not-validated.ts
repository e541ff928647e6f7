import type { Constraint } from '../../../catalog/snapshot.js';
import { quoteIdent, quoteName } from '../../../identifiers.js';
import type { Check } from '../../check.js';
import { constraintOf } from '../../keys.js';
import { faultOf, tenantTables } from '../../relations.js';

export const constraintNotValidated: Check = {
  id: 'constraint-not-validated',
  family: 'keys',
  title: 'A constraint was never checked against the rows that were there',
  severity: 'warn',
  explanation:
    "NOT VALID constraints hold for what is written from now on; the rows of before may still refer to another tenant's or " +
    'to nothing. VALIDATE CONSTRAINT reads the table once, without blocking writers, and names the first row that offends.',
  *find(subject) {
    for (const { relation } of tenantTables(subject)) {
      for (const { name, kind, validated, inherited } of relation.constraints) {
        if (validated || inherited) continue;
        yield faultOf(relation, `the ${kind} constraint ${name} is not validated`, { part: name });
      }
    }
  },
  fix(fault, subject) {
    const found = constraintOf(subject, fault);
    if (!found || isSwitchedOff(found.constraint)) return undefined;
    return `ALTER TABLE ${quoteName(found.known.relation)} VALIDATE CONSTRAINT ${quoteIdent(found.constraint.name)};`;
  },
};

/** PostgreSQL 18 and later: to be enforced first, which someone decided against. */
function isSwitchedOff({ definition }: Constraint): boolean {
  return definition.endsWith('NOT ENFORCED');
}
