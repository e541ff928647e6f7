import { quoteIdent } from '../../../../identifiers.js';
import { givenName, type Parsed, piece, shownName, sqlName } from '../../parse.js';
import { OUTSIDE } from '../../recipes.js';
import type { UnsafeRule } from '../../rule.js';

export const indexNotConcurrent: UnsafeRule = {
  id: 'index-not-concurrent',
  family: 'unsafe',
  title: 'An index is built while nobody can write',
  severity: 'error',
  squawk: ['require-concurrent-index-creation'],
  async advise(statement) {
    const { node } = statement;
    const index = 'IndexStmt' in node ? node.IndexStmt : {};
    const table = index.relation ? givenName(index.relation) : { schema: undefined, name: '' };
    const name = index.idxname ? ` ${quoteIdent(index.idxname)}` : '';
    const kind = index.unique ? 'UNIQUE INDEX' : 'INDEX';
    const rest = await afterRelation(statement, index.relation?.location ?? 0);
    return {
      detail: `nobody can write to ${shownName(table)} while its rows are read and the index is built`,
      recipe: `${OUTSIDE}\nCREATE ${kind} CONCURRENTLY${name} ON ${sqlName(table)} ${rest};`,
    };
  },
};

/** What follows the table's name, as it was written: columns, INCLUDE, WHERE. */
async function afterRelation(statement: Parsed, location: number): Promise<string> {
  const { scan } = await import('libpg-query');
  const tokens = (await scan(statement.text)).tokens.filter(({ start }) => start >= location);
  // name, or schema . name
  const last = tokens[1]?.text === '.' ? tokens[2] : tokens[0];
  return piece(statement, last?.end ?? location);
}
