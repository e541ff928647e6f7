import { shownName, sqlName, targetsOf } from '../../parse.js';
import type { UnsafeRule } from '../../rule.js';

export const tableRewritten: UnsafeRule = {
  id: 'table-rewritten',
  family: 'unsafe',
  title: 'A table is written again while nobody can read',
  severity: 'error',
  squawk: ['prefer-repack'],
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
