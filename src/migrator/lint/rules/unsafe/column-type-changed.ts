import { quoteIdent } from '../../../../identifiers.js';
import { actionsOf, shownName, sqlName, subjectOf, typeAt } from '../../parse.js';
import type { UnsafeRule } from '../../rule.js';

export const columnTypeChanged: UnsafeRule = {
  id: 'column-type-changed',
  family: 'unsafe',
  title: 'A new type has every row written again while nobody can read',
  severity: 'error',
  squawk: ['changing-column-type'],
  async advise(statement) {
    const table = subjectOf(statement);
    const alter = `ALTER TABLE ${sqlName(table)}`;
    const changes = actionsOf(statement, 'AT_AlterColumnType').map(async ({ name = '', def }) => {
      const location = def && 'ColumnDef' in def ? def.ColumnDef.typeName?.location : undefined;
      const next = quoteIdent(`${name}_new`);
      return [
        `${alter} ADD COLUMN ${next} ${await typeAt(statement, location ?? 0)};`,
        `-- a trigger keeps it in step with ${quoteIdent(name)}; fill the rows that are there in batches; then`,
        `${alter} RENAME COLUMN ${quoteIdent(name)} TO ${quoteIdent(`${name}_old`)};`,
        `${alter} RENAME COLUMN ${next} TO ${quoteIdent(name)};`,
      ];
    });
    return {
      detail: `unless PostgreSQL can keep the values as they are stored (a longer varchar, varchar to text), the whole of ${shownName(table)} and its indexes are written again, and nobody can read or write it meanwhile`,
      recipe: (await Promise.all(changes)).flat().join('\n'),
    };
  },
};
