import type { VacuumStmt } from 'libpg-query';
import { shownName, sqlName, targetsOf } from '../../parse.js';
import type { UnsafeRule } from '../../rule.js';

export const tableRewritten: UnsafeRule = {
  id: 'table-rewritten',
  family: 'unsafe',
  title: 'A table is written again while nobody can read',
  severity: 'error',
  // prefer-repack is for PostgreSQL 19; what locks everybody out it names for every version.
  squawk: ['require-lock-timeout'],
  applies: ({ node }) => 'ClusterStmt' in node || ('VacuumStmt' in node && isFull(node.VacuumStmt)),
  advise({ node }) {
    const tables = targetsOf(node);
    const names = tables.map(shownName).join(', ') || 'every table';
    return {
      detail: `nobody can read or write ${names} while all of its rows and indexes are written again`,
      recipe: [
        '-- pg_repack does the same beside the traffic; where room is all that is wanted, plain VACUUM frees it for new rows:',
        ...tables.map((table) => `VACUUM (ANALYZE) ${sqlName(table)};`),
      ].join('\n'),
    };
  },
};

function isFull({ options }: VacuumStmt): boolean {
  return (options ?? []).some((each) => 'DefElem' in each && each.DefElem.defname === 'full');
}
