import { readCatalog } from '../catalog/read.js';
import { TenantctlError } from '../errors.js';
import { displayName, quoteName } from '../identifiers.js';
import type { Client } from '../postgres/connect.js';
import { withTransaction } from '../postgres/transaction.js';
import { classify } from '../tenancy/classify.js';
import type { TenancyConfig } from '../tenancy/config.js';
import { backfillFailure } from './failure.js';
import { type BackfillPlan, type BackfillWish, planBackfill, type TablePlan } from './plan.js';
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
      const counts = await count(client, table);
      if (wish.tables.length === 0 && counts.unfilled === 0 && !table.missing) continue;
      if (counts.unfilled > 0) requireKey(table);
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

function requireKey(plan: TablePlan): void {
  const hasSource = plan.paths.length > 0 || plan.constant !== undefined;
  if (plan.key !== undefined || !hasSource) return;
  const table = quoteName(plan.relation);
  throw new TenantctlError({
    kind: 'usage',
    code: 'NO_TABLE_KEY',
    message: `Cannot backfill ${displayName(plan.relation)}: it has no primary key and no unique index on columns that are NOT NULL, so its rows cannot be gone over in batches.`,
    hint: `ALTER TABLE ${table} ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY   (rewrites the table), or name other tables`,
  });
}
