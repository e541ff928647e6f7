import type { Knex } from 'knex';
import { productRows } from '../migrations/support/product-rows.js';

const TENANT = 'north-harbour';

/** The second business, with rows in every table. Written as itself: the owner of the tables is bound by policies, too. */
export async function seed(knex: Knex): Promise<void> {
  await knex.raw(`SELECT set_config('app.tenant_id', ?, true), set_config('app.store_id', '*', true)`, [
    TENANT,
  ]);
  await knex('tenants').insert({ id: TENANT, name: 'North Harbour' }).onConflict('id').ignore();
  for (const [table, rows] of productRows('north', 2)) {
    await knex(table)
      .insert(rows.map((row) => ({ tenant_id: TENANT, ...row })))
      .onConflict()
      .ignore();
  }
}
