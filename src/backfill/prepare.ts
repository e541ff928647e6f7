import { readCatalog } from '../catalog/read.js';
import { displayName } from '../identifiers.js';
import type { Client } from '../postgres/connect.js';
import { withTransaction } from '../postgres/transaction.js';
import { classify } from '../tenancy/classify.js';
import type { TenancyConfig } from '../tenancy/config.js';
import { backfillFailure } from './failure.js';
import {
  type BackfillPlan,
  type BackfillWish,
  planBackfill,
  requireFillable,
  type TablePlan,
} from './plan.js';
import { settle } from './session.js';
import { countQuery } from './sql.js';
import { requireTenant } from './tenant.js';

/** How many rows a table had before anything was done. */
export interface Counts {
  rows: number;
  unfilled: number;
}

export interface CountedPlan extends Counts {
  plan: TablePlan;
}

/** The plan, with rows counted, less the tables that nobody named and that have nothing to fill. */
export type Prepared = Omit<BackfillPlan, 'tables'> & { tables: CountedPlan[] };

/**
 * Reads the catalog, plans, and counts: all that a dry run does.
 *
 * @throws TenantctlError usage: names, a tenant that does not exist, a table whose rows have no order
 */
export async function prepare(client: Client, tenancy: TenancyConfig, wish: BackfillWish): Promise<Prepared> {
  return withTransaction(client, 'repeatable read, read only', async () => {
    await settle(client, '0');
    const model = classify(await readCatalog(client), tenancy);
    if (wish.tenant !== undefined) await requireTenant(client, model, wish.tenant);
    const { tables, ...plan } = await planBackfill(model, wish);
    const counted: CountedPlan[] = [];
    for (const table of tables) {
      const named = wish.tables.length > 0;
      if (!named && !table.nullable) continue;
      const counts = await count(client, table);
      if (!named && counts.unfilled === 0 && !table.missing) continue;
      if (counts.unfilled > 0) requireFillable(model, table);
      counted.push({ plan: table, ...counts });
    }
    return { ...plan, tables: counted };
  });
}

/** Counts a table's rows, and those without a tenant; the transaction must have been settled. */
export async function count(client: Client, plan: TablePlan): Promise<Counts> {
  try {
    const { text, values } = countQuery(plan);
    const { rows } = await client.query<Counts>(text, values);
    return rows[0] ?? { rows: 0, unfilled: 0 };
  } catch (error) {
    throw backfillFailure(error, displayName(plan.relation), undefined, undefined);
  }
}
