import type { Knex } from 'knex';

// tenantctl:allow table-without-rls, table-without-force, table-without-policy: as it was, until phase 3
// tenantctl:allow fk-crosses-tenants, unique-not-scoped, index-not-led-by-tenant: as it was, until phase 3
/**
 * The system before the four phases: clinics share it, and only the application's WHERE clauses keep them apart. Text
 * ids, made by the application; keys and references know nothing of the clinic.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE clinics (
      id text PRIMARY KEY,
      name text NOT NULL,
      timezone text NOT NULL DEFAULT 'UTC',
      created_at timestamptz NOT NULL DEFAULT now()
    )`);
  await knex.raw(`
    CREATE TABLE users (
      id text PRIMARY KEY,
      clinic_id text NOT NULL REFERENCES clinics,
      email text NOT NULL UNIQUE,
      full_name text NOT NULL,
      role text NOT NULL CHECK (role IN ('owner', 'dentist', 'front_desk', 'guest')),
      created_at timestamptz NOT NULL DEFAULT now()
    )`);
  await knex.raw('CREATE INDEX users_clinic_id_idx ON users (clinic_id)');
  await knex.raw(`
    CREATE TABLE providers (
      id text PRIMARY KEY,
      clinic_id text NOT NULL REFERENCES clinics,
      user_id text REFERENCES users,
      full_name text NOT NULL,
      specialty text NOT NULL
    )`);
  await knex.raw('CREATE INDEX providers_clinic_id_idx ON providers (clinic_id)');
  await knex.raw('CREATE INDEX providers_user_id_idx ON providers (user_id)');
  await knex.raw(`
    CREATE TABLE patients (
      id text PRIMARY KEY,
      clinic_id text NOT NULL REFERENCES clinics,
      provider_id text REFERENCES providers,
      full_name text NOT NULL,
      registered_on date NOT NULL
    )`);
  await knex.raw('CREATE INDEX patients_clinic_id_idx ON patients (clinic_id)');
  await knex.raw('CREATE INDEX patients_provider_id_idx ON patients (provider_id)');
  await knex.raw(`
    CREATE TABLE appointments (
      id text PRIMARY KEY,
      clinic_id text NOT NULL REFERENCES clinics,
      patient_id text NOT NULL REFERENCES patients,
      provider_id text NOT NULL REFERENCES providers,
      starts_at timestamptz NOT NULL,
      minutes integer NOT NULL CHECK (minutes > 0),
      state text NOT NULL CHECK (state IN ('scheduled', 'completed', 'cancelled', 'no_show')),
      production_amount numeric(12, 2) CHECK (production_amount >= 0),
      collected_amount numeric(12, 2) CHECK (collected_amount >= 0)
    )`);
  await knex.raw('CREATE INDEX appointments_clinic_id_idx ON appointments (clinic_id)');
  await knex.raw('CREATE INDEX appointments_patient_id_idx ON appointments (patient_id)');
  await knex.raw('CREATE INDEX appointments_provider_id_idx ON appointments (provider_id)');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE appointments, patients, providers, users, clinics');
}
