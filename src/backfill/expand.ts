import { quoteIdent, quoteName } from '../identifiers.js';
import type { Client } from '../postgres/connect.js';
import { withTransaction } from '../postgres/transaction.js';
import type { TablePlan } from './plan.js';
import { patiently, type Wait } from './retry.js';
import { settle } from './session.js';

/**
 * The statement that adds the column: nullable and without a default, so it is a change of the catalog alone. A table that
 * inherits from one before it has got it there.
 */
export function addColumnSql({ relation, column, type, collation }: TablePlan): string {
  const collated = collation === undefined || collation === DEFAULT_COLLATION ? '' : ` COLLATE ${collation}`;
  return `ALTER TABLE ${quoteName(relation)} ADD COLUMN IF NOT EXISTS ${quoteIdent(column)} ${type}${collated}`;
}

/** The database's; what a column has where nothing is said. */
const DEFAULT_COLLATION = '"default"';

/** Adds the column. ACCESS EXCLUSIVE for milliseconds; never waited for longer than a second at a time. */
export async function addColumn(client: Client, plan: TablePlan, wait: Wait): Promise<void> {
  await patiently(wait, () =>
    withTransaction(client, 'read write', async () => {
      await settle(client, '0');
      await client.query(addColumnSql(plan));
    }),
  );
}
