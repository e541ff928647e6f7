import type { Knex } from 'knex';

const ROLES = [
  { key: 'admin', name: 'Administrator', description: 'Runs the organization: people, prices, settings' },
  { key: 'professional', name: 'Professional', description: 'Offers sessions and keeps notes on them' },
  { key: 'staff', name: 'Staff', description: 'Keeps the calendar and talks to families' },
  { key: 'parent', name: 'Parent', description: 'Books sessions for a student and pays with credits' },
  { key: 'billing', name: 'Billing', description: 'Sees credits and payments' },
];

/**
 * What a person may be in an organization: reference data, the same for all of them, hence without a tenant. The rows come
 * with the table: without them no user can be given a role, whatever else was seeded.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE roles (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      key text NOT NULL CONSTRAINT roles_key_key UNIQUE,
      name text NOT NULL,
      description text,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now()
    )`);
  await knex('roles').insert(ROLES);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE roles');
}
