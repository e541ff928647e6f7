import type { Knex } from 'knex';

// tenantctl:allow table-without-rls, table-without-force: 20250718000017 isolates it, before any grant
// tenantctl:allow table-without-policy: 20250718000017 isolates it, before any grant
// tenantctl:allow fk-crosses-tenants: 20250718000016a gives the references the organization
/**
 * The people the sessions are for, and the first state machine: a prospect is admitted, later discharged, and may come
 * back.
 *
 * Contacts: NO ACTION, so a parent can only be deleted after somebody else is to be called about the child. Here and
 * below NO ACTION, not RESTRICT, is what keeps money and history: both refuse, but RESTRICT also where the same
 * statement removes the referring row, which would make it impossible to delete an organization.
 */
export async function up(knex: Knex): Promise<void> {
  await createRefuseTransition(knex);
  await knex.raw(`
    CREATE TABLE students (
      id bigint GENERATED ALWAYS AS IDENTITY,
      organization_id uuid NOT NULL
        CONSTRAINT students_organization_id_fkey REFERENCES organizations (id) ON DELETE CASCADE,
      first_name text NOT NULL,
      last_name text NOT NULL,
      date_of_birth date,
      grade_level text,
      primary_contact_id bigint
        CONSTRAINT students_primary_contact_id_fkey REFERENCES users (id) ON DELETE NO ACTION,
      secondary_contact_id bigint
        CONSTRAINT students_secondary_contact_id_fkey REFERENCES users (id) ON DELETE NO ACTION,
      medical_notes text,
      educational_notes text,
      emergency_contacts jsonb NOT NULL DEFAULT '[]',
      admission_state text NOT NULL DEFAULT 'prospect'
        CONSTRAINT students_admission_state_check CHECK (admission_state IN ('prospect', 'admitted', 'discharged')),
      admission_date date,
      discharge_date date,
      documents jsonb NOT NULL DEFAULT '{}',
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (organization_id, id),
      CONSTRAINT students_prospect_dates_check CHECK (
        admission_state <> 'prospect' OR (admission_date IS NULL AND discharge_date IS NULL)
      ),
      CONSTRAINT students_discharge_date_check CHECK (discharge_date >= admission_date)
    )`);
  await knex.raw('CREATE INDEX students_name_idx ON students (organization_id, last_name, first_name)');
  await knex.raw('CREATE INDEX students_admission_state_idx ON students (organization_id, admission_state)');
  await knex.raw(
    'CREATE INDEX students_primary_contact_idx ON students (organization_id, primary_contact_id)',
  );
  await knex.raw(
    'CREATE INDEX students_secondary_contact_idx ON students (organization_id, secondary_contact_id)',
  );
  // AFTER: what counts is the row as stored, whatever other triggers made of it.
  await knex.raw(`
    CREATE TRIGGER students_admission AFTER UPDATE ON students FOR EACH ROW
      WHEN (OLD.admission_state <> NEW.admission_state AND (OLD.admission_state, NEW.admission_state) NOT IN
        (('prospect', 'admitted'), ('admitted', 'discharged'), ('discharged', 'admitted')))
      EXECUTE FUNCTION refuse_transition('admission_state')`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE students');
  await knex.raw('DROP FUNCTION refuse_transition()');
}

/** Every state machine is a trigger whose WHEN lists the legal transitions; all share this refusal. */
async function createRefuseTransition(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE FUNCTION refuse_transition() RETURNS trigger LANGUAGE plpgsql
      SECURITY INVOKER SET search_path = pg_catalog, pg_temp
    AS $$
    BEGIN
      RAISE EXCEPTION 'illegal transition of %.% from % to %', TG_TABLE_NAME, TG_ARGV[0],
          to_jsonb(OLD) ->> TG_ARGV[0], to_jsonb(NEW) ->> TG_ARGV[0]
        USING ERRCODE = 'check_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME;
    END
    $$`);
}
