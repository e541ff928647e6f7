import type { Knex } from 'knex';

// tenantctl:allow table-without-rls, table-without-force: 20250718000017 isolates it, before any grant
// tenantctl:allow table-without-policy: 20250718000017 isolates it, before any grant
/**
 * The profile of a user who offers sessions. It refers to the user by organization, id and role at once, with a column
 * that is always 'professional': so only a professional has a profile, and nobody who has one can lose the role, without
 * any trigger to forget or to race.
 *
 * Prices are integer cents. lower() in the licence rule: 'Psychology' needs a licence as well.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE professionals (
      id bigint GENERATED ALWAYS AS IDENTITY,
      organization_id uuid NOT NULL
        CONSTRAINT professionals_organization_id_fkey REFERENCES organizations (id) ON DELETE CASCADE,
      user_id bigint NOT NULL,
      user_role text NOT NULL GENERATED ALWAYS AS ('professional') STORED,
      title text,
      specialization text NOT NULL,
      bio text,
      license_number text,
      weekly_schedule jsonb NOT NULL DEFAULT '{}',
      blocked_dates jsonb NOT NULL DEFAULT '[]',
      session_duration_minutes integer NOT NULL DEFAULT 60
        CONSTRAINT professionals_session_duration_minutes_check CHECK (session_duration_minutes > 0),
      buffer_minutes integer NOT NULL DEFAULT 15
        CONSTRAINT professionals_buffer_minutes_check CHECK (buffer_minutes >= 0),
      active boolean NOT NULL DEFAULT true,
      accepts_new_clients boolean NOT NULL DEFAULT true,
      session_price_cents integer
        CONSTRAINT professionals_session_price_cents_check CHECK (session_price_cents >= 0),
      currency text NOT NULL DEFAULT 'ARS'
        CONSTRAINT professionals_currency_check CHECK (length(currency) = 3),
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (organization_id, id),
      UNIQUE (organization_id, user_id),
      CONSTRAINT professionals_user_id_fkey FOREIGN KEY (organization_id, user_id, user_role)
        REFERENCES users (organization_id, id, role) ON DELETE CASCADE,
      CONSTRAINT professionals_license_number_check CHECK (
        coalesce(btrim(license_number), '') <> ''
        OR lower(specialization) NOT IN
          ('psychology', 'psychiatry', 'psychopedagogy', 'speech_therapy', 'occupational_therapy', 'nutrition')
      )
    )`);
  await knex.raw('CREATE INDEX professionals_active_idx ON professionals (organization_id, active)');
  await knex.raw(
    'CREATE INDEX professionals_specialization_idx ON professionals (organization_id, specialization)',
  );
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE professionals');
}
