import type { Check } from '../../check.js';
import { findAll } from '../../policy/nodes.js';
import { faultOf, isTouchable, isWritable, tenantTables } from '../../relations.js';

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
    for (const { relation } of tenantTables(subject)) {
      if (!relation.rowSecurity || !isTouchable(subject, relation)) continue;
      for (const policy of relation.policies) {
        const trees = [policy.using, policy.check].map((text) => text && subject.sql.expression(text));
        const tables = findAll(trees, 'RangeVar').flatMap(({ schemaname, relname }) => {
          const found = subject.named(schemaname ?? '', relname ?? '')?.relation;
          return found && !found.rowSecurity && isWritable(subject, found) ? [found] : [];
        });
        const [table] = tables;
        if (!table || table === relation) continue;
        const detail = `policy ${policy.name} relies on ${table.name}, which the application can write unchecked`;
        yield faultOf(relation, detail, { part: policy.name });
      }
    }
  },
};
