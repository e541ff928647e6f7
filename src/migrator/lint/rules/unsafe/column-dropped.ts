import { quoteIdent } from '../../../../identifiers.js';
import { actionsOf, shownName, sqlName, subjectOf } from '../../parse.js';
import type { UnsafeRule } from '../../rule.js';

export const columnDropped: UnsafeRule = {
  id: 'column-dropped',
  family: 'unsafe',
  title: 'A column is dropped that the running application may still name',
  severity: 'warn',
  squawk: ['ban-drop-column'],
  advise(statement) {
    const table = subjectOf(statement);
    const columns = actionsOf(statement, 'AT_DropColumn').map(({ name }) => name ?? '');
    const shown = columns.map((column) => `${shownName(table)}.${column}`).join(', ');
    return {
      detail: `its values are lost, and every statement of the running application that names ${shown} fails, SELECT * that an ORM has prepared among them`,
      recipe: [
        `-- deploy an application that does not name ${columns.join(', ')} first; then, in a release of its own:`,
        `ALTER TABLE ${sqlName(table)} ${columns.map((column) => `DROP COLUMN ${quoteIdent(column)}`).join(', ')};`,
      ].join('\n'),
    };
  },
};
