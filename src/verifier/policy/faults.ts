import type { Fault, Subject } from '../check.js';
import { faultOf, roleName, tenantTables } from '../relations.js';
import { type Opening, openingsOf } from './openings.js';
import { describeWitness } from './reason/describe.js';

/** One fault for each policy that opens a tenant table by this expression and in this way. */
export function* openingFaults(
  subject: Subject,
  expression: 'using' | 'check',
  how: Opening['how'],
  consequence: string,
): Generator<Fault> {
  for (const known of tenantTables(subject)) {
    for (const opening of openingsOf(subject, known)) {
      if (opening.expression !== expression || opening.how !== how) continue;
      const { policy, actors, commands, witness } = opening;
      const text =
        expression === 'check' && policy.check !== undefined
          ? `WITH CHECK ${policy.check}`
          : `USING ${policy.using}`;
      const who = `${commands.join(', ').toUpperCase()} by ${actors.map(roleName).join(', ')}`;
      const example = how === 'always' ? '' : describeWitness(witness, known);
      const detail = `policy ${policy.name} ${consequence} (${who}): ${text}${example && `; for example ${example}`}`;
      yield faultOf(known.relation, detail, { part: policy.name });
    }
  }
}
