import type { Knex } from 'knex';
import { forEachOrganization } from './support/organizations.js';
import { findUsers, insertMissing } from './support/rows.js';

/** Students in every state of admission. */
export async function seed(knex: Knex): Promise<void> {
  await forEachOrganization(knex, async (organization) => {
    const user = await findUsers(knex, organization);
    await insertMissing(
      knex,
      organization,
      'students',
      ['first_name', 'last_name', 'date_of_birth'],
      [
        {
          first_name: 'Hugo',
          last_name: 'Quiroga',
          date_of_birth: '2014-03-09',
          grade_level: '5',
          primary_contact_id: user('elena'),
          secondary_contact_id: user('fabio'),
          medical_notes: 'Allergic to nuts.',
          emergency_contacts: JSON.stringify([{ name: 'Abuela Rosa', phone: '+54 11 5555 0199' }]),
          admission_state: 'admitted',
          admission_date: '2025-03-01',
        },
        {
          first_name: 'Inés',
          last_name: 'Quiroga',
          date_of_birth: '2016-11-21',
          grade_level: '3',
          primary_contact_id: user('elena'),
          admission_state: 'admitted',
          admission_date: '2025-04-14',
        },
        {
          first_name: 'Joaquín',
          last_name: 'Luna',
          date_of_birth: '2012-07-30',
          primary_contact_id: user('fabio'),
          admission_state: 'prospect',
        },
        {
          first_name: 'Katia',
          last_name: 'Rey',
          date_of_birth: '2009-01-05',
          primary_contact_id: user('gloria'),
          educational_notes: 'Passed every exam.',
          admission_state: 'discharged',
          admission_date: '2024-02-12',
          discharge_date: '2025-08-15',
        },
      ],
    );
  });
}
