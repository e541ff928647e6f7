import type { Knex } from 'knex';

export interface Organization {
  id: string;
  name: string;
  /** Also its subdomain, and the domain of its people's addresses. */
  slug: string;
  settings: Record<string, unknown>;
}

/** The three tenants of every seeded database. Fixed ids, so that one can be put into app.organization_id by hand. */
export const ORGANIZATIONS: readonly Organization[] = [
  {
    id: '10000000-0000-4000-8000-000000000001',
    name: 'Centro Norte',
    slug: 'norte',
    settings: { timezone: 'America/Argentina/Buenos_Aires', locale: 'es-AR' },
  },
  {
    id: '20000000-0000-4000-8000-000000000002',
    name: 'Aula Sur',
    slug: 'sur',
    settings: { timezone: 'America/Argentina/Ushuaia', locale: 'es-AR' },
  },
  {
    id: '30000000-0000-4000-8000-000000000003',
    name: 'Puente Oeste',
    slug: 'oeste',
    settings: { timezone: 'America/Argentina/Mendoza', locale: 'es-AR' },
  },
];

/**
 * Does `work` for each organization with that organization as the tenant, so that seeds also run as an owner whom row
 * level security binds. Needs a transaction: the setting ends with it.
 */
export async function forEachOrganization(
  knex: Knex,
  work: (organization: Organization) => Promise<void>,
): Promise<void> {
  for (const organization of ORGANIZATIONS) {
    await setTenant(knex, organization.id);
    await work(organization);
  }
  await setTenant(knex, '');
}

async function setTenant(knex: Knex, id: string): Promise<void> {
  await knex.raw(`SELECT set_config('app.organization_id', ?, true)`, [id]);
}
