import type { Knex } from 'knex';
import { forEachOrganization } from './support/organizations.js';
import { findStudents, findUsers, insertMissing } from './support/rows.js';

/** Appointments in every state, one of them cancelled after it had been confirmed and paid. */
export async function seed(knex: Knex): Promise<void> {
  await forEachOrganization(knex, async (organization) => {
    const user = await findUsers(knex, organization);
    const student = await findStudents(knex, organization);
    await insertMissing(
      knex,
      organization,
      'appointments',
      ['professional_id', 'student_id', 'scheduled_at'],
      [
        {
          professional_id: user('carla'),
          student_id: student('Hugo'),
          client_id: user('elena'),
          scheduled_at: '2025-09-01T13:00Z',
          state: 'draft',
          notes: 'To be confirmed by phone.',
        },
        {
          professional_id: user('carla'),
          student_id: student('Inés'),
          client_id: user('elena'),
          scheduled_at: '2025-09-01T14:15Z',
          state: 'confirmed',
          confirmed_at: '2025-08-20T10:00Z',
          uses_credit: true,
        },
        {
          professional_id: user('carla'),
          student_id: student('Hugo'),
          client_id: user('elena'),
          scheduled_at: '2025-08-04T13:00Z',
          state: 'executed',
          professional_notes: 'Calm and attentive.',
          confirmed_at: '2025-08-02T10:00Z',
          executed_at: '2025-08-04T14:00Z',
          uses_credit: true,
        },
        {
          professional_id: user('diego'),
          student_id: student('Joaquín'),
          client_id: user('fabio'),
          scheduled_at: '2025-08-05T13:00Z',
          state: 'cancelled',
          cancelled_at: '2025-08-03T09:00Z',
          cancellation_reason: 'A trip.',
          duration_minutes: 45,
        },
        {
          professional_id: user('diego'),
          student_id: student('Joaquín'),
          client_id: user('fabio'),
          scheduled_at: '2025-08-12T13:00Z',
          state: 'cancelled',
          confirmed_at: '2025-08-06T09:00Z',
          cancelled_at: '2025-08-11T09:00Z',
          cancellation_reason: 'Ill.',
          duration_minutes: 45,
          uses_credit: true,
        },
      ],
    );
  });
}
