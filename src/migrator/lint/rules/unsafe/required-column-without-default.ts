import { quoteIdent } from '../../../../identifiers.js';
import { addedColumns, shownName, sqlName, subjectOf, typeAt } from '../../parse.js';
import { requireColumn } from '../../recipes.js';
import type { UnsafeRule } from '../../rule.js';

export const requiredColumnWithoutDefault: UnsafeRule = {
  id: 'required-column-without-default',
  family: 'unsafe',
  title: 'A column is required of rows and writers that do not have it',
  severity: 'error',
  squawk: ['adding-required-field'],
  async advise(statement) {
    const table = subjectOf(statement);
    const required = addedColumns(statement).filter(
      ({ constraints }) =>
        constraints.some(({ contype }) => contype === 'CONSTR_NOTNULL') &&
        !constraints.some(({ contype }) => contype === 'CONSTR_DEFAULT'),
    );
    const names = required.map(({ column }) => column.colname).join(', ');
    const steps = required.map(async ({ column }) => {
      const name = column.colname ?? '';
      const type = await typeAt(statement, column.typeName?.location ?? 0);
      return [
        `ALTER TABLE ${sqlName(table)} ADD COLUMN ${quoteIdent(name)} ${type};`,
        '-- have the application write it, and fill the rows that are there in batches; then, in a later file:',
        requireColumn(table, name),
      ];
    });
    return {
      detail: `it fails where ${shownName(table)} has a row; and where it has none, every INSERT of the running application fails from then on that does not name ${names}`,
      recipe: (await Promise.all(steps)).flat().join('\n'),
    };
  },
};
