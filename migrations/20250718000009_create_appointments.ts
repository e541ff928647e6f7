import type { Knex } from 'knex';

// tenantctl:allow table-without-rls, table-without-force: 20250718000017 isolates it, before any grant
// tenantctl:allow table-without-policy: 20250718000017 isolates it, before any grant
// tenantctl:allow fk-crosses-tenants: 20250718000016a gives the references the organization
/**
 * Sessions: a professional sees a student, a client answers for it.
 *
 * An appointment belongs to its student and goes with them, unless it took place: that is history, which only the
 * deletion of the whole organization removes. Professionals and clients with appointments cannot be deleted.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE appointments (
      id bigint GENERATED ALWAYS AS IDENTITY,
      organization_id uuid NOT NULL
        CONSTRAINT appointments_organization_id_fkey REFERENCES organizations (id) ON DELETE CASCADE,
      professional_id bigint NOT NULL
        CONSTRAINT appointments_professional_id_fkey REFERENCES users (id) ON DELETE NO ACTION,
      student_id bigint NOT NULL,
      client_id bigint NOT NULL
        CONSTRAINT appointments_client_id_fkey REFERENCES users (id) ON DELETE NO ACTION,
      scheduled_at timestamptz NOT NULL,
      state text NOT NULL DEFAULT 'draft'
        CONSTRAINT appointments_state_check CHECK (state IN ('draft', 'confirmed', 'executed', 'cancelled')),
      notes text,
      professional_notes text,
      metadata jsonb NOT NULL DEFAULT '{}',
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (organization_id, id),
      CONSTRAINT appointments_student_id_fkey FOREIGN KEY (organization_id, student_id)
        REFERENCES students (organization_id, id) ON DELETE CASCADE
    )`);
  await createIndexes(knex);
  await createStateMachine(knex);
  await keepHistory(knex);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE appointments');
  await knex.raw('DROP FUNCTION keep_executed_appointment()');
}

async function createIndexes(knex: Knex): Promise<void> {
  await knex.raw(
    'CREATE INDEX appointments_scheduled_at_idx ON appointments (organization_id, scheduled_at)',
  );
  await knex.raw(`
    CREATE INDEX appointments_professional_idx ON appointments (organization_id, professional_id, scheduled_at)`);
  await knex.raw(
    'CREATE INDEX appointments_student_idx ON appointments (organization_id, student_id, state)',
  );
  await knex.raw('CREATE INDEX appointments_client_idx ON appointments (organization_id, client_id)');
  await knex.raw(
    'CREATE INDEX appointments_state_idx ON appointments (organization_id, state, scheduled_at)',
  );
  // Drafts and cancelled appointments take nobody's time.
  await knex.raw(`
    CREATE UNIQUE INDEX idx_no_double_booking ON appointments (organization_id, professional_id, scheduled_at)
      WHERE state IN ('confirmed', 'executed')`);
}

async function createStateMachine(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TRIGGER appointments_state AFTER UPDATE ON appointments FOR EACH ROW
      WHEN (OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN
        (('draft', 'confirmed'), ('draft', 'cancelled'), ('confirmed', 'executed'), ('confirmed', 'cancelled')))
      EXECUTE FUNCTION refuse_transition('state')`);
}

async function keepHistory(knex: Knex): Promise<void> {
  // A foreign key cannot tell a cascade from the organization, which is gone by then, from any other deletion.
  await knex.raw(`
    CREATE FUNCTION keep_executed_appointment() RETURNS trigger LANGUAGE plpgsql
      SECURITY INVOKER SET search_path = pg_catalog, pg_temp
    AS $$
    BEGIN
      IF EXISTS (SELECT FROM public.organizations WHERE id = OLD.organization_id) THEN
        RAISE EXCEPTION 'appointment % was executed and is kept', OLD.id
          USING ERRCODE = 'restrict_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME,
            CONSTRAINT = TG_NAME, HINT = 'Remove the personal data of the student instead of the student.';
      END IF;
      RETURN OLD;
    END
    $$`);
  await knex.raw(`
    CREATE TRIGGER appointments_keep_executed BEFORE DELETE ON appointments FOR EACH ROW
      WHEN (OLD.state = 'executed')
      EXECUTE FUNCTION keep_executed_appointment()`);
}
