import type { Knex } from 'knex';

// tenantctl:allow table-without-rls, table-without-force: 20250718000017 isolates it, before any grant
// tenantctl:allow table-without-policy: 20250718000017 isolates it, before any grant
/**
 * The tenants. A uuid, because an organization's id travels in tokens and URLs, where a counter would tell how many
 * there are. Slug and subdomain are addresses on the internet, hence the only names unique across organizations.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE organizations (
      id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
      name text NOT NULL,
      slug text NOT NULL CONSTRAINT organizations_slug_key UNIQUE,
      subdomain text NOT NULL CONSTRAINT organizations_subdomain_key UNIQUE,
      settings jsonb NOT NULL DEFAULT '{}',
      active boolean NOT NULL DEFAULT true,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now()
    )`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE organizations');
}
