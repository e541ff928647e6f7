import type { Knex } from 'knex';

// tenantctl:allow table-without-rls, table-without-force: 20250718000017 isolates it, before any grant
// tenantctl:allow table-without-policy: 20250718000017 isolates it, before any grant
/**
 * The bookable hours that availability rules unfold into. A slot is booked exactly if it has its appointment.
 *
 * The slot belongs to the professional, not to the appointment: deleting a draft frees its slot. ON DELETE SET NULL
 * cannot say that: before PostgreSQL 15 it clears organization_id as well, and it never sets `available`.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE time_slots (
      id bigint GENERATED ALWAYS AS IDENTITY,
      organization_id uuid NOT NULL
        CONSTRAINT time_slots_organization_id_fkey REFERENCES organizations (id) ON DELETE CASCADE,
      professional_id bigint NOT NULL,
      starts_at timestamptz NOT NULL,
      ends_at timestamptz NOT NULL,
      available boolean NOT NULL DEFAULT true,
      appointment_id bigint,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (organization_id, id),
      UNIQUE (organization_id, professional_id, starts_at),
      CONSTRAINT time_slots_time_check CHECK (starts_at < ends_at),
      CONSTRAINT time_slots_booked_check CHECK (available = (appointment_id IS NULL)),
      CONSTRAINT time_slots_professional_id_fkey FOREIGN KEY (organization_id, professional_id)
        REFERENCES professionals (organization_id, id) ON DELETE CASCADE,
      CONSTRAINT time_slots_appointment_id_fkey FOREIGN KEY (organization_id, appointment_id)
        REFERENCES appointments (organization_id, id) ON DELETE NO ACTION
    )`);
  await knex.raw('CREATE INDEX time_slots_appointment_idx ON time_slots (organization_id, appointment_id)');
  await knex.raw(`
    CREATE FUNCTION release_time_slots() RETURNS trigger LANGUAGE plpgsql
      SECURITY INVOKER SET search_path = pg_catalog, pg_temp
    AS $$
    BEGIN
      UPDATE public.time_slots SET available = true, appointment_id = NULL
        WHERE organization_id = OLD.organization_id AND appointment_id = OLD.id
          -- Where the organization is being deleted, the slots go as well; changing them on the way would ask for it.
          AND EXISTS (SELECT FROM public.organizations WHERE id = OLD.organization_id);
      RETURN OLD;
    END
    $$`);
  await knex.raw(`
    CREATE TRIGGER appointments_release_time_slots BEFORE DELETE ON appointments FOR EACH ROW
      EXECUTE FUNCTION release_time_slots()`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TRIGGER appointments_release_time_slots ON appointments');
  await knex.raw('DROP FUNCTION release_time_slots()');
  await knex.raw('DROP TABLE time_slots');
}
