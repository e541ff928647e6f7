import type { Knex } from 'knex';

// tenantctl:allow table-without-rls, table-without-force: 20250718000017 isolates it, before any grant
// tenantctl:allow table-without-policy: 20250718000017 isolates it, before any grant
// tenantctl:allow fk-crosses-tenants: 20250718000016a gives the references the organization
/**
 * Tables born with tenants have the tenant in their primary key from the start: on an id alone, one organization could
 * learn by a unique violation which ids another one uses, since OVERRIDING SYSTEM VALUE lets anyone choose an id.
 * References to users are by id until users has such a key, too (20250718000016a).
 *
 * A role in use cannot be deleted: rights must not vanish by a clean-up of reference data.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE user_roles (
      id bigint GENERATED ALWAYS AS IDENTITY,
      organization_id uuid NOT NULL
        CONSTRAINT user_roles_organization_id_fkey REFERENCES organizations (id) ON DELETE CASCADE,
      user_id bigint NOT NULL
        CONSTRAINT user_roles_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
      role_id bigint NOT NULL
        CONSTRAINT user_roles_role_id_fkey REFERENCES roles (id) ON DELETE RESTRICT,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (organization_id, id),
      UNIQUE (organization_id, user_id, role_id)
    )`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE user_roles');
}
