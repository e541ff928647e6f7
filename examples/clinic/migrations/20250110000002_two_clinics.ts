import type { Knex } from 'knex';

/** Stands for what two clinics had written by the day of phase 1. Ids give away how many there are, as they did. */
export async function up(knex: Knex): Promise<void> {
  for (const [clinic, months] of Object.entries({ north: 3, south: 2 })) {
    const id = (kind: string, number: number) => `${clinic}-${kind}-${number}`;
    const clinic_id = `clinic-${clinic}`;
    await knex('clinics').insert({ id: clinic_id, name: `Clinic ${clinic}` });
    await knex('users').insert(
      ['owner', 'dentist', 'front_desk', 'guest'].map((role, index) => ({
        ...{ id: id('user', index + 1), clinic_id, role },
        ...{ email: `${role}@${clinic}.example`, full_name: `The ${role}` },
      })),
    );
    await knex('providers').insert([
      {
        id: id('provider', 1),
        clinic_id,
        user_id: id('user', 2),
        full_name: 'Dr. Roth',
        specialty: 'dentistry',
      },
      { id: id('provider', 2), clinic_id, user_id: null, full_name: 'Dr. Gone', specialty: 'hygiene' },
    ]);
    await knex('patients').insert([
      {
        id: id('patient', 1),
        clinic_id,
        provider_id: id('provider', 1),
        full_name: 'Pia',
        registered_on: '2024-09-02',
      },
      { id: id('patient', 2), clinic_id, provider_id: null, full_name: 'Pat', registered_on: '2024-10-07' },
    ]);
    await knex('appointments').insert(appointments(id, clinic_id, months));
  }
}

/** A visit of each outcome in each month; what was not done was not paid. */
function appointments(id: (kind: string, number: number) => string, clinic_id: string, months: number) {
  const outcomes = ['completed', 'cancelled', 'no_show', 'scheduled'];
  return Array.from({ length: months * outcomes.length }, (_, index) => {
    const month = Math.floor(index / outcomes.length) + 1;
    const state = outcomes[index % outcomes.length];
    const done = state === 'completed';
    return {
      ...{ id: id('appointment', index + 1), clinic_id, state, minutes: 30 },
      ...{ patient_id: id('patient', (index % 2) + 1), provider_id: id('provider', (index % 2) + 1) },
      starts_at: `2024-1${month - 1}-1${index % 9}T09:00:00Z`,
      production_amount: done ? `${100 + index}.50` : null,
      collected_amount: done ? '80.25' : null,
    };
  });
}

/** All that was there before the first phase. */
export async function down(knex: Knex): Promise<void> {
  await knex.raw('TRUNCATE appointments, patients, providers, users, clinics');
}
