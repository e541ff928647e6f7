import type { Knex } from 'knex';

const ROLES = [
  { key: 'admin', name: 'Administrator', description: 'Runs the organization: people, prices, settings' },
  { key: 'professional', name: 'Professional', description: 'Offers sessions and keeps notes on them' },
  { key: 'staff', name: 'Staff', description: 'Keeps the calendar and talks to families' },
  { key: 'parent', name: 'Parent', description: 'Books sessions for a student and pays with credits' },
  { key: 'billing', name: 'Billing', description: 'Sees credits and payments' },
];

const SEEDED_AT = '2025-08-01T12:00:00Z';

/** Reference data of all organizations: the names here are the ones that count, so a rerun restores them. */
export async function seed(knex: Knex): Promise<void> {
  await knex('roles')
    .insert(ROLES.map((role) => ({ ...role, created_at: SEEDED_AT, updated_at: SEEDED_AT })))
    .onConflict('key')
    .merge(['name', 'description']);
}
