import type { Knex } from 'knex';
import { forEachOrganization } from './support/organizations.js';

const SEEDED_AT = '2025-08-01T12:00:00Z';

/** An organization may only be written as itself, so each is inserted with itself as the tenant. */
export async function seed(knex: Knex): Promise<void> {
  await forEachOrganization(knex, async ({ id, name, slug, settings }) => {
    await knex('organizations')
      .insert({ id, name, slug, subdomain: slug, settings, created_at: SEEDED_AT, updated_at: SEEDED_AT })
      .onConflict('id')
      .ignore();
  });
}
