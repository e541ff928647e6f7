import { quoteIdent, quoteName } from '../identifiers.js';
import type { Client } from '../postgres/connect.js';
import { withTransaction } from '../postgres/transaction.js';
import type { TablePlan } from './plan.js';
import { patiently, type Wait } from './retry.js';
import { settle } from './session.js';

/** The statement that adds the column: nullable and without a default, so it is a change of the catalog alone. */
export function addColumnSql({ relation, column, type }: TablePlan): string {
  return `ALTER TABLE ${quoteName(relation)} ADD COLUMN ${quoteIdent(column)} ${type}`;
}

/** Adds the column. ACCESS EXCLUSIVE for milliseconds; never waited for longer than a second at a time. */
export async function addColumn(client: Client, plan: TablePlan, wait: Wait): Promise<void> {
  await patiently(wait, () =>
    withTransaction(client, 'read write', async () => {
      await settle(client, '0');
      await client.query(addColumnSql(plan));
    }),
  );
}
