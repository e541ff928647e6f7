import type { Knex } from 'knex';

// tenantctl:allow check-validated-at-once: no application writes appointments yet
/**
 * When an appointment was confirmed, executed or cancelled, and whether credits pay for it. State and timestamp agree:
 * there is no executed appointment without the time, and no time without the state. A cancelled one may have been
 * confirmed before; of an executed one taken over from elsewhere the confirmation may be unknown.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE appointments
      ADD COLUMN duration_minutes integer NOT NULL DEFAULT 60
        CONSTRAINT appointments_duration_minutes_check CHECK (duration_minutes > 0),
      ADD COLUMN confirmed_at timestamptz,
      ADD COLUMN executed_at timestamptz,
      ADD COLUMN cancelled_at timestamptz,
      ADD COLUMN cancellation_reason text,
      ADD COLUMN uses_credit boolean NOT NULL DEFAULT false`);
  // The last change is the best that is known about appointments from before these columns.
  await knex.raw(`
    UPDATE appointments SET
      confirmed_at = CASE WHEN state = 'confirmed' THEN updated_at END,
      executed_at = CASE WHEN state = 'executed' THEN updated_at END,
      cancelled_at = CASE WHEN state = 'cancelled' THEN updated_at END
    WHERE state <> 'draft'`);
  await knex.raw(`
    ALTER TABLE appointments
      ADD CONSTRAINT appointments_confirmed_at_check CHECK (
        (state <> 'draft' OR confirmed_at IS NULL) AND (state <> 'confirmed' OR confirmed_at IS NOT NULL)
      ),
      ADD CONSTRAINT appointments_executed_at_check CHECK ((state = 'executed') = (executed_at IS NOT NULL)),
      ADD CONSTRAINT appointments_cancelled_at_check CHECK ((state = 'cancelled') = (cancelled_at IS NOT NULL)),
      ADD CONSTRAINT appointments_cancellation_reason_check
        CHECK (cancellation_reason IS NULL OR state = 'cancelled')`);
}

/** The constraints go with their columns. */
export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE appointments
      DROP COLUMN duration_minutes, DROP COLUMN confirmed_at, DROP COLUMN executed_at,
      DROP COLUMN cancelled_at, DROP COLUMN cancellation_reason, DROP COLUMN uses_credit`);
}
