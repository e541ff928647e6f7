import type { Knex } from 'knex';

// tenantctl:allow table-without-rls, table-without-force: 20250718000017 isolates it, before any grant
// tenantctl:allow table-without-policy: 20250718000017 isolates it, before any grant
/**
 * When a professional can be booked, week by week; day 0 is Sunday, as in extract(dow). The hours belong to the profile
 * and go with it.
 *
 * The exclusion constraint compares organization, professional and day by equality, for which btree_gist is needed (a
 * trusted extension: the owner of the database may create it). There is no range type over time, so the hours are laid
 * on one arbitrary date.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('CREATE EXTENSION IF NOT EXISTS btree_gist');
  await knex.raw(`
    CREATE TABLE availability_rules (
      id bigint GENERATED ALWAYS AS IDENTITY,
      organization_id uuid NOT NULL
        CONSTRAINT availability_rules_organization_id_fkey REFERENCES organizations (id) ON DELETE CASCADE,
      professional_id bigint NOT NULL,
      day_of_week smallint NOT NULL
        CONSTRAINT availability_rules_day_of_week_check CHECK (day_of_week BETWEEN 0 AND 6),
      start_time time NOT NULL,
      end_time time NOT NULL,
      active boolean NOT NULL DEFAULT true,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (organization_id, id),
      CONSTRAINT availability_rules_time_check CHECK (start_time < end_time),
      CONSTRAINT availability_rules_professional_id_fkey FOREIGN KEY (organization_id, professional_id)
        REFERENCES professionals (organization_id, id) ON DELETE CASCADE,
      CONSTRAINT availability_rules_no_overlap EXCLUDE USING gist (
        organization_id WITH =,
        professional_id WITH =,
        day_of_week WITH =,
        tsrange(date '2000-01-01' + start_time, date '2000-01-01' + end_time) WITH &&
      )
    )`);
  // The cascade looks rules up by professional, for which the gist index is slower than this one.
  await knex.raw(`
    CREATE INDEX availability_rules_professional_idx
      ON availability_rules (organization_id, professional_id, day_of_week)`);
}

/** The extension stays where something else uses it, or somebody else owns it. */
export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE availability_rules');
  await knex.raw(`
    DO $$
    BEGIN
      DROP EXTENSION IF EXISTS btree_gist;
    EXCEPTION WHEN dependent_objects_still_exist OR insufficient_privilege THEN NULL;
    END
    $$`);
}
