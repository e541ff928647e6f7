import { quoteIdent, quoteName } from '../../../identifiers.js';
import type { Check } from '../../check.js';
import { unboundReason } from '../../policy/unbound.js';
import { faultOf } from '../../relations.js';

export const ruleBypassesRls: Check = {
  id: 'rule-bypasses-rls',
  family: 'views',
  title: 'A rule touches tenant tables with the rights of an owner whom policies do not bind',
  severity: 'error',
  explanation:
    'What a rule adds to a statement, or puts in its place, runs with the rights of the owner of the table that it is on. Where ' +
    'policies do not bind that owner, every INSERT, UPDATE or DELETE of the application can read and change the rows of ' +
    'all tenants. A trigger runs as the caller instead.',
  onlyUnderRls: true,
  *find(subject) {
    for (const relation of subject.snapshot.relations) {
      const privileges = subject.app.privileges(relation);
      for (const rule of relation.rules) {
        if (!privileges.has(rule.event.toUpperCase())) continue;
        const reason = rule.touches
          .map((oid) => subject.classified(oid))
          .flatMap((known) =>
            known?.class === 'tenant' || known?.class === 'root'
              ? (unboundReason(subject, relation.owner, known.relation, 'view') ?? [])
              : [],
          )[0];
        if (reason === undefined) continue;
        yield faultOf(relation, `rule ${rule.name} runs as ${relation.owner}: ${reason}`, {
          part: rule.name,
        });
      }
    }
  },
  fix: (fault) =>
    `DROP RULE ${quoteIdent(fault.part ?? '')} ON ${quoteName({ schema: fault.schema, name: fault.object })};`,
};
