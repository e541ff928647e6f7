import type { Constraint } from 'libpg-query';
import { quoteIdent } from '../../../../identifiers.js';
import { addedColumns, shownName, sqlName, subjectOf, typeAt } from '../../parse.js';
import type { UnsafeRule } from '../../rule.js';

export const volatileDefaultRewritesTable: UnsafeRule = {
  id: 'volatile-default-rewrites-table',
  family: 'unsafe',
  title: 'A new column has every row written again while nobody can read',
  severity: 'error',
  squawk: ['adding-field-with-default'],
  async advise(statement) {
    const table = subjectOf(statement);
    const computed = addedColumns(statement).filter(({ constraints }) => constraints.some(isComputed));
    const alter = `ALTER TABLE ${sqlName(table)}`;
    const steps = computed.map(async ({ column, constraints }) => {
      const name = quoteIdent(column.colname ?? '');
      const generated = constraints.some(({ contype }) => contype === 'CONSTR_GENERATED');
      return [
        `${alter} ADD COLUMN ${name} ${await typeAt(statement, column.typeName?.location ?? 0)};`,
        generated
          ? '-- have a trigger BEFORE INSERT OR UPDATE compute it instead;'
          : `${alter} ALTER COLUMN ${name} SET DEFAULT …;   -- in a statement of its own: it is for new rows only`,
        '-- then fill the rows that are there in batches',
      ];
    });
    return {
      detail: `its value is not the same for all rows, so the whole of ${shownName(table)} is written again, and nobody can read or write it meanwhile`,
      recipe: (await Promise.all(steps)).flat().join('\n'),
    };
  },
};

function isComputed({ contype }: Constraint): boolean {
  return contype === 'CONSTR_DEFAULT' || contype === 'CONSTR_GENERATED';
}
