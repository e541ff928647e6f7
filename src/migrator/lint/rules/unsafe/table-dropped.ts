import { shownName, sqlName, targetsOf } from '../../parse.js';
import type { UnsafeRule } from '../../rule.js';

export const tableDropped: UnsafeRule = {
  id: 'table-dropped',
  family: 'unsafe',
  title: 'A table is dropped that the running application may still name',
  severity: 'warn',
  squawk: ['ban-drop-table'],
  advise({ node }) {
    const tables = targetsOf(node);
    return {
      detail: `its rows are lost, and every statement of the running application that names ${tables.map(shownName).join(', ')} fails`,
      recipe: [
        '-- deploy an application that does not name it first; then, in a release of its own:',
        ...tables.map((table) => `DROP TABLE ${sqlName(table)};`),
      ].join('\n'),
    };
  },
};
