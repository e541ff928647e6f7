import type { Node } from 'libpg-query';
import type { Policy, Relation } from '../../../catalog/snapshot.js';
import type { ClassifiedRelation } from '../../../tenancy/model.js';
import type { Check, Subject } from '../../check.js';
import { policyFaults } from '../../policy/faults.js';
import { findAll } from '../../policy/nodes.js';
import { judgedOf } from '../../policy/openings.js';
import { isTouchable, isWritable } from '../../relations.js';

export const policyReadsWritableTable: Check = {
  id: 'policy-reads-writable-table',
  family: 'policies',
  title: 'A policy trusts a table that the application itself can fill',
  severity: 'error',
  explanation:
    'The policy looks up in another table who may see what, and the application may insert or change rows there, with no ' +
    'row level security to stop it. One INSERT makes a tenant a member of another. The table needs policies of its own, ' +
    'or must be written by someone else.',
  onlyUnderRls: true,
  *find(subject) {
    yield* policyFaults(subject, (policy, trees, known) => {
      const { relation } = known;
      if (!relation.rowSecurity || !isTouchable(subject, relation)) return undefined;
      const trusted = [...tablesIn(subject, trees), ...tablesBehind(subject, known, policy)];
      const table = trusted.find((each) => !each.rowSecurity && isWritable(subject, each));
      if (!table || table === relation) return undefined;
      return `relies on ${table.name}, which the application can write unchecked`;
    });
  },
};

function tablesIn(subject: Subject, trees: readonly Node[]): Relation[] {
  return findAll(trees, 'RangeVar').flatMap(
    ({ schemaname, relname }) => subject.named(schemaname ?? '', relname ?? '')?.relation ?? [],
  );
}

/** Those that it is proved by, also where a function reads them. */
function tablesBehind(subject: Subject, known: ClassifiedRelation, policy: Policy): Relation[] {
  const names = judgedOf(subject, known).flatMap(({ policy: of, decided: { finding } }) =>
    of.name === policy.name && finding.outcome === 'proved' ? finding.through : [],
  );
  if (names.length === 0) return [];
  return subject.snapshot.relations.filter(({ schema, name }) => names.includes(`${schema}.${name}`));
}
