import type { Knex } from 'knex';
import { productRows } from './support/product-rows.js';

/** Stands for what people and machines had written by the day that tenancy came: the business of Caps Automotive. */
export async function up(knex: Knex): Promise<void> {
  for (const [table, rows] of productRows('caps', 3)) await knex(table).insert(rows);
}

/** The product is for one business: whatever is there is theirs. */
export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    TRUNCATE stores, users, settings, destinations, encryption_keys, retention_rules, alert_rules,
      notification_channels CASCADE`);
}
