import type { Fault, Subject } from '../check.js';
import { faultOf, roleName, tenantTables } from '../relations.js';
import { type How, openingsOf } from './openings.js';

/** One fault for each policy that opens a tenant table by this expression and in this way. */
export function* openingFaults(
  subject: Subject,
  expression: 'using' | 'check',
  how: How,
  consequence: string,
): Generator<Fault> {
  for (const known of tenantTables(subject)) {
    for (const opening of openingsOf(subject, known)) {
      if (opening.expression !== expression || opening.how !== how) continue;
      const { policy, actors, commands } = opening;
      const text = expression === 'check' ? `WITH CHECK ${policy.check}` : `USING ${policy.using}`;
      const who = `${commands.join(', ').toUpperCase()} by ${actors.map(roleName).join(', ')}`;
      yield faultOf(known.relation, `policy ${policy.name} ${consequence} (${who}): ${text}`, {
        part: policy.name,
      });
    }
  }
}
