import type { Knex } from 'knex';

// tenantctl:allow table-without-rls, table-without-force: 20250301000004 isolates it, before any grant
// tenantctl:allow table-without-policy: 20250301000004 isolates it, before any grant
/**
 * Organizations and their people. Somebody who learns in two organizations is two users, so that everything about a
 * person belongs to exactly one organization, and the address is unique in it, not among all of them.
 *
 * Keys begin with the organization, here and in every table below: a reference carries it, hence cannot leave it, and a
 * unique violation tells nothing about what another organization has.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE organizations (
      id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
      name text NOT NULL,
      slug text NOT NULL UNIQUE,
      settings jsonb NOT NULL DEFAULT '{}',
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now()
    )`);
  await knex.raw(`
    CREATE TABLE users (
      organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
      id uuid NOT NULL DEFAULT gen_random_uuid(),
      email text NOT NULL,
      full_name text NOT NULL,
      role text NOT NULL CHECK (role IN ('student', 'teacher', 'admin')),
      active boolean NOT NULL DEFAULT true,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (organization_id, id),
      UNIQUE (organization_id, email)
    )`);
  await knex.raw('CREATE INDEX users_role_idx ON users (organization_id, role)');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE users');
  await knex.raw('DROP TABLE organizations');
}
