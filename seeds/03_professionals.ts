import type { Knex } from 'knex';
import { forEachOrganization } from './support/organizations.js';
import { findUsers, insertMissing } from './support/rows.js';

/** One profession that needs a licence, one that does not. */
export async function seed(knex: Knex): Promise<void> {
  await forEachOrganization(knex, async (organization) => {
    const user = await findUsers(knex, organization);
    await insertMissing(
      knex,
      organization,
      'professionals',
      ['user_id'],
      [
        {
          user_id: user('carla'),
          title: 'Lic.',
          specialization: 'psychology',
          bio: 'Works with children and their families.',
          license_number: `MN-${organization.slug}-4711`,
          weekly_schedule: JSON.stringify({ monday: ['09:00-12:00', '14:00-18:00'] }),
          blocked_dates: JSON.stringify(['2025-12-25']),
          session_price_cents: 1_800_000,
        },
        {
          user_id: user('diego'),
          title: 'Prof.',
          specialization: 'mathematics',
          bio: 'Prepares for exams.',
          session_duration_minutes: 45,
          accepts_new_clients: false,
          session_price_cents: 950_000,
        },
      ],
    );
  });
}
