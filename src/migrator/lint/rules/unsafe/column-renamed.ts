import { quoteIdent } from '../../../../identifiers.js';
import { shownName, sqlName, subjectOf } from '../../parse.js';
import type { UnsafeRule } from '../../rule.js';

export const columnRenamed: UnsafeRule = {
  id: 'column-renamed',
  family: 'unsafe',
  title: 'A column is gone from under the application that runs',
  severity: 'error',
  squawk: ['renaming-column'],
  advise(statement) {
    const { node } = statement;
    const { subname = '', newname = '' } = 'RenameStmt' in node ? node.RenameStmt : {};
    const table = subjectOf(statement);
    const alter = `ALTER TABLE ${sqlName(table)}`;
    return {
      detail: `from this moment every statement of the running application that names ${shownName(table)}.${subname} fails, until all of its instances are new ones`,
      recipe: [
        `${alter} ADD COLUMN ${quoteIdent(newname)} …;   -- of the same type, kept in step by a trigger`,
        `-- fill it in batches, deploy an application that knows ${quoteIdent(newname)} only; then, in a later file:`,
        `${alter} DROP COLUMN ${quoteIdent(subname)};`,
      ].join('\n'),
    };
  },
};
