import type { Knex } from 'knex';
import { forEachOrganization } from './support/organizations.js';
import { findAppointments, findProfiles, findUsers, insertMissing } from './support/rows.js';

/** The weeks of both professionals, and slots: confirmed and executed appointments have theirs, the others are free. */
export async function seed(knex: Knex): Promise<void> {
  await forEachOrganization(knex, async (organization) => {
    const user = await findUsers(knex, organization);
    const profile = await findProfiles(knex, organization);
    const appointment = await findAppointments(knex, organization);
    const [carla, diego] = [profile(user('carla')), profile(user('diego'))];
    await insertMissing(
      knex,
      organization,
      'availability_rules',
      ['professional_id', 'day_of_week', 'start_time'],
      [
        { professional_id: carla, day_of_week: 1, start_time: '09:00', end_time: '12:00' },
        { professional_id: carla, day_of_week: 1, start_time: '14:00', end_time: '18:00' },
        { professional_id: diego, day_of_week: 2, start_time: '09:00', end_time: '13:00' },
        { professional_id: diego, day_of_week: 4, start_time: '09:00', end_time: '13:00', active: false },
      ],
    );
    const booked = (at: string) => ({ available: false, appointment_id: appointment(at) });
    await insertMissing(
      knex,
      organization,
      'time_slots',
      ['professional_id', 'starts_at'],
      [
        {
          professional_id: carla,
          starts_at: '2025-08-04T13:00Z',
          ends_at: '2025-08-04T14:00Z',
          ...booked('2025-08-04T13:00Z'),
        },
        { professional_id: carla, starts_at: '2025-09-01T13:00Z', ends_at: '2025-09-01T14:00Z' },
        {
          professional_id: carla,
          starts_at: '2025-09-01T14:15Z',
          ends_at: '2025-09-01T15:15Z',
          ...booked('2025-09-01T14:15Z'),
        },
        { professional_id: diego, starts_at: '2025-09-02T13:00Z', ends_at: '2025-09-02T13:45Z' },
      ],
    );
  });
}
