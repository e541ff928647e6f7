import type { Knex } from 'knex';

/**
 * Does `work` for each clinic, with that clinic set: policies bind the owner of the tables, too. Needs a transaction.
 *
 * To see which clinics there are, the owner lifts that from one table and takes it back at once, with the lock that it
 * takes: nobody else ever sees the table so. A superuser would not need it.
 */
export async function forEachClinic(knex: Knex, work: (clinic: string) => Promise<void>): Promise<void> {
  await knex.raw('SAVEPOINT clinics');
  await knex.raw('ALTER TABLE clinics NO FORCE ROW LEVEL SECURITY');
  const { rows } = await knex.raw<{ rows: { id: string }[] }>('SELECT id FROM clinics ORDER BY id');
  await knex.raw('ROLLBACK TO SAVEPOINT clinics');
  // tenantctl switches it off, lest a migration finds no row and takes that for done. Here each row has its clinic's turn.
  await knex.raw('SET LOCAL row_security = on');
  for (const { id } of rows) {
    await knex.raw(`SELECT set_config('app.clinic_id', ?, true)`, [id]);
    await work(id);
  }
  await knex.raw(`SELECT set_config('app.clinic_id', '', true)`);
}
