import type { Knex } from 'knex';
import { TABLES } from './support/tables.js';

// tenantctl:allow table-without-rls, table-without-force: 20240601090005 isolates it, before any grant
// tenantctl:allow table-without-policy: 20240601090005 isolates it, before any grant
/** Everything that is there belongs to this one; a text id, like all ids of the product. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE tenants (
      id text PRIMARY KEY,
      name text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now()
    )`);
  await knex('tenants').insert({ id: 'caps-automotive', name: 'Caps Automotive' });
}

/**
 * With the tenants goes what `tenantctl backfill-tenant` added. Rows of other tenants stay and become the one business's:
 * remove those tenants before, while the database still knows whose rows are whose.
 */
export async function down(knex: Knex): Promise<void> {
  for (const { name } of TABLES) await knex.raw(`ALTER TABLE ${name} DROP COLUMN IF EXISTS tenant_id`);
  await knex.raw('DROP TABLE tenants');
}
