import type { Node } from 'libpg-query';
import type { Policy } from '../../catalog/snapshot.js';
import type { ClassifiedRelation } from '../../tenancy/model.js';
import type { Fault, Subject } from '../check.js';
import { once } from '../once.js';
import { faultOf, roleName, tenantTables } from '../relations.js';
import { type Kind, kindOf } from './kinds.js';
import { type Opening, openingsOf } from './openings.js';
import { describeWitness } from './reason/describe.js';

/**
 * One fault for each policy of a tenant table of which there is something to say. Asked once for all tables of a kind.
 *
 * @param say what is wrong with a policy, by nothing but what makes a kind; `trees` are its expressions'
 */
export function* policyFaults(
  subject: Subject,
  say: (policy: Policy, trees: Node[], known: ClassifiedRelation) => string | undefined,
  more: Pick<Fault, 'undecided'> = {},
): Generator<Fault> {
  const said = once(({ classified }: Kind) =>
    classified.relation.policies.flatMap((policy) => {
      const { name, using, check } = policy;
      const trees = [using, check].flatMap((text) => (text && subject.sql.expression(text)) || []);
      const what = say(policy, trees, classified);
      return what === undefined ? [] : [{ part: name, detail: `policy ${name} ${what}` }];
    }),
  );
  for (const known of tenantTables(subject)) {
    for (const { part, detail } of said(kindOf(subject, known))) {
      yield faultOf(known.relation, detail, { part, ...more });
    }
  }
}

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
