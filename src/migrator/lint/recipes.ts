import { quoteIdent } from '../../identifiers.js';
import {
  addedColumns,
  addedConstraints,
  type GivenName,
  type Parsed,
  shownName,
  sqlName,
  strings,
  subjectOf,
} from './parse.js';
import type { Advice } from './rule.js';

export const OUTSIDE = '-- in a file that runs outside a transaction:';
export const LATER = '-- in the next file, which blocks nobody:';

export function columnList(columns: readonly string[]): string {
  return `(${columns.map(quoteIdent).join(', ')})`;
}

/** NOT NULL for a column whose rows are filled: what is checked is checked beside the traffic. */
export function requireColumn(table: GivenName, column: string): string {
  const alter = `ALTER TABLE ${sqlName(table)}`;
  const check = quoteIdent(`${table.name}_${column}_not_null`);
  return [
    `${alter} ADD CONSTRAINT ${check} CHECK (${quoteIdent(column)} IS NOT NULL) NOT VALID;`,
    LATER,
    `${alter} VALIDATE CONSTRAINT ${check};`,
    '-- and in the one after that, which reads no row now:',
    `${alter} ALTER COLUMN ${quoteIdent(column)} SET NOT NULL;`,
    `${alter} DROP CONSTRAINT ${check};`,
  ].join('\n');
}

/** A unique or primary key that an ALTER TABLE adds: its index is built first, concurrently, and then adopted. */
export function keysBuiltInPlace(
  statement: Parsed,
  kind: 'CONSTR_UNIQUE' | 'CONSTR_PRIMARY',
  words: string,
  suffix: string,
): Advice {
  const table = subjectOf(statement);
  const named = addedConstraints(statement, kind).map(({ conname, keys }) => ({
    name: conname,
    columns: strings(keys),
  }));
  const inline = addedColumns(statement).flatMap(({ column, constraints }) =>
    constraints
      .filter(({ contype }) => contype === kind)
      .map(({ conname }) => ({ name: conname, columns: [column.colname ?? ''] })),
  );
  const alter = `ALTER TABLE ${sqlName(table)}`;
  const recipe = [...named, ...inline].flatMap(({ name, columns }) => {
    const parts = kind === 'CONSTR_PRIMARY' ? [table.name, suffix] : [table.name, ...columns, suffix];
    const key = quoteIdent(name || parts.join('_'));
    return [
      `CREATE UNIQUE INDEX CONCURRENTLY ${key} ON ${sqlName(table)} ${columnList(columns)};`,
      '-- then, in the next file:',
      `${alter} ADD CONSTRAINT ${key} ${words} USING INDEX ${key};`,
    ];
  });
  const first = inline.length > 0 ? [`-- the column alone first: ${alter} ADD COLUMN …;`] : [];
  return {
    detail: `nobody can read or write ${shownName(table)} while its rows are read and the index is built`,
    recipe: [...first, OUTSIDE, ...recipe].join('\n'),
  };
}
