import type { Knex } from 'knex';
import { forEachClinic } from './support/clinics.js';
import { MOVES, type Move } from './support/moves.js';

/** What is counted and summed up on both sides of a move. */
interface Facts {
  rows: number;
  checksum: string;
}

/**
 * Phase 4: what the tables from before hold is carried over into those of phase 1, clinic by clinic, each as itself. Rows
 * get the uuid of their source as id and refer by both ids. Each move is read back in the ids of before and compared with
 * its source, row count and checksum; the report is kept. All of it or nothing: where one differs, the file fails.
 *
 * The sources stay, so whoever reads them works on; they may be read, but not written, while this runs.
 */
export async function up(knex: Knex): Promise<void> {
  await createReport(knex);
  await knex.raw('LOCK TABLE users, patients, appointments IN SHARE MODE');
  await forEachClinic(knex, async (clinic) => {
    for (const move of MOVES) await carryOver(knex, move, clinic);
  });
  await isolateReport(knex);
}

/** Takes back what it brought, and nothing that people entered since. */
export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE data_migration_reports');
  const targets = new Set(MOVES.map(({ target }) => target));
  await forEachClinic(knex, async (clinic) => {
    for (const target of targets) {
      await knex.raw(`DELETE FROM ${target} WHERE clinic_id = ? AND source = 'migration'`, [clinic]);
    }
  });
}

async function carryOver(knex: Knex, move: Move, clinic: string): Promise<void> {
  await knex.raw(move.insert, { clinic });
  const source = await factsOf(knex, move.before, clinic);
  const moved = await factsOf(knex, move.after, clinic);
  if (source.rows !== moved.rows || source.checksum !== moved.checksum) {
    throw new Error(
      `Cannot move ${move.name} of ${clinic}: ${source.rows} rows with checksum ${source.checksum} became ` +
        `${moved.rows} rows with checksum ${moved.checksum}.`,
    );
  }
  await knex('data_migration_reports').insert({
    ...{ clinic_id: clinic, move: move.name },
    ...{ source_rows: source.rows, source_checksum: source.checksum },
    ...{ moved_rows: moved.rows, moved_checksum: moved.checksum },
  });
}

/** COLLATE "C": the order must not depend on the server. */
async function factsOf(knex: Knex, query: string, clinic: string): Promise<Facts> {
  const { rows } = await knex.raw<{ rows: Facts[] }>(
    `SELECT count(*)::int AS rows, md5(coalesce(string_agg(t.line, E'\\n' ORDER BY t.line COLLATE "C"), '')) AS checksum
     FROM (${query}) t`,
    { clinic },
  );
  if (!rows[0]) throw new Error('an aggregate has one row');
  return rows[0];
}

/** A report of a move that failed cannot be written. */
async function createReport(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE data_migration_reports (
      clinic_id text NOT NULL REFERENCES clinics (id) ON DELETE CASCADE,
      move text NOT NULL,
      source_rows integer NOT NULL,
      moved_rows integer NOT NULL,
      source_checksum text NOT NULL,
      moved_checksum text NOT NULL,
      moved_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (clinic_id, move),
      CHECK (source_rows = moved_rows AND source_checksum = moved_checksum)
    )`);
}

/** Only now: its rows are the owner's to write, who would be bound, and nobody's after that. */
async function isolateReport(knex: Knex): Promise<void> {
  await knex.raw('ALTER TABLE data_migration_reports ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY');
  await knex.raw(`
    CREATE POLICY clinic_select ON data_migration_reports AS PERMISSIVE FOR SELECT TO PUBLIC
      USING (clinic_id = (SELECT current_clinic_id()))`);
}
