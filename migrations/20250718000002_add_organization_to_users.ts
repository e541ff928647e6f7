import type { Knex } from 'knex';

// tenantctl:allow fk-crosses-tenants: 20250718000016a gives the references the organization
// tenantctl:allow unique-not-scoped: 20250718000011a drops the keys of before
/**
 * Expand: the application of before goes on writing users that name no organization, so nothing new is required yet
 * (20250718000011 does that). A nullable column without default is a change of the catalog alone, its foreign key
 * included: PostgreSQL knows that there is nothing to check.
 *
 * Whoever signed up before roles existed gets the one with the least rights.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE users
      ADD COLUMN organization_id uuid
        CONSTRAINT users_organization_id_fkey REFERENCES organizations (id) ON DELETE CASCADE,
      ADD COLUMN role text NOT NULL DEFAULT 'parent'
        CONSTRAINT users_role_check CHECK (role IN ('admin', 'professional', 'staff', 'parent')),
      ADD COLUMN first_name text,
      ADD COLUMN last_name text,
      ADD COLUMN phone text`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE users
      DROP COLUMN organization_id, DROP COLUMN role,
      DROP COLUMN first_name, DROP COLUMN last_name, DROP COLUMN phone`);
}
