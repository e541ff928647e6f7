import { quoteIdent } from '../../../../identifiers.js';
import { actionsOf, shownName, sqlName, subjectOf } from '../../parse.js';
import { requireColumn } from '../../recipes.js';
import type { UnsafeRule } from '../../rule.js';

export const notNullScansTable: UnsafeRule = {
  id: 'not-null-scans-table',
  family: 'unsafe',
  title: 'NOT NULL is checked on every row while nobody can read or write',
  severity: 'error',
  squawk: ['adding-not-nullable-field'],
  /** PostgreSQL takes a valid CHECK (… IS NOT NULL) for proof and reads no row: what backfill-tenant leaves. */
  async isHarmless(client, statement) {
    const columns = columnsOf(statement);
    const { rows } = await client.query(
      `select from pg_catalog.pg_constraint k
        where k.conrelid = to_regclass($1) and k.contype = 'c' and k.convalidated
          and pg_catalog.pg_get_constraintdef(k.oid) = any ($2)`,
      [sqlName(subjectOf(statement)), columns.flatMap((name) => proofs(name))],
    );
    return rows.length >= columns.length;
  },
  advise(statement) {
    const table = subjectOf(statement);
    return {
      detail: `nobody can read or write ${shownName(table)} while every row is checked`,
      recipe: columnsOf(statement)
        .map((column) => requireColumn(table, column))
        .join('\n'),
    };
  },
};

function columnsOf(statement: Parameters<UnsafeRule['advise']>[0]): string[] {
  return actionsOf(statement, 'AT_SetNotNull').map(({ name }) => name ?? '');
}

/** PostgreSQL quotes only where it has to. */
function proofs(column: string): string[] {
  return [column, quoteIdent(column)].map((name) => `CHECK ((${name} IS NOT NULL))`);
}
