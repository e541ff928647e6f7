import { quoteIdent } from '../../../../identifiers.js';
import { shownName, sqlName, subjectOf } from '../../parse.js';
import type { UnsafeRule } from '../../rule.js';

export const tableRenamed: UnsafeRule = {
  id: 'table-renamed',
  family: 'unsafe',
  title: 'A table is gone from under the application that runs',
  severity: 'error',
  squawk: ['renaming-table'],
  advise(statement) {
    const { node } = statement;
    const { newname = '' } = 'RenameStmt' in node ? node.RenameStmt : {};
    const table = subjectOf(statement);
    const renamed = { schema: table.schema, name: newname };
    return {
      detail: `from this moment every statement of the running application that names ${shownName(table)} fails, until all of its instances are new ones`,
      recipe: [
        '-- in one transaction; security_invoker (PostgreSQL 15) keeps row level security in force for whoever asks',
        `ALTER TABLE ${sqlName(table)} RENAME TO ${quoteIdent(newname)};`,
        `CREATE VIEW ${sqlName(table)} WITH (security_invoker = true) AS SELECT * FROM ${sqlName(renamed)};`,
        '-- with the grants of the table; once no instance of the application names it any more:',
        `DROP VIEW ${sqlName(table)};`,
      ].join('\n'),
    };
  },
};
