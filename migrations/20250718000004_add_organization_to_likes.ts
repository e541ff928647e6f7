import type { Knex } from 'knex';

// tenantctl:allow fk-crosses-tenants: 20250718000016a gives the references the organization
/** Expand, as for users: nullable until every row has its organization. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE likes
      ADD COLUMN organization_id uuid
        CONSTRAINT likes_organization_id_fkey REFERENCES organizations (id) ON DELETE CASCADE`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('ALTER TABLE likes DROP COLUMN organization_id');
}
