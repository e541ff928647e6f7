import type { Knex } from 'knex';
import { TABLES } from './support/tables.js';

/**
 * Contract, first half: whose the rows are is a decision that no migration can take, so this one stops while the column
 * is missing or unfilled and says what to run. From here on no row comes in without a tenant that exists.
 *
 * NOT VALID, since checking the rows that are there would hold these locks, which keep out readers, for as long as it
 * takes to read 32 tables. That is for the next file.
 */
export async function up(knex: Knex): Promise<void> {
  await refuseUnfilled(knex);
  for (const { name } of TABLES) {
    await knex.raw(`
      ALTER TABLE ${name}
        ADD CONSTRAINT ${name}_tenant_id_present CHECK (tenant_id IS NOT NULL) NOT VALID,
        ADD CONSTRAINT ${name}_tenant_id_fkey
          FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE NOT VALID`);
  }
}

/** Filled rows stay filled: the application of before does not know the column, and a second `up` needs it. */
export async function down(knex: Knex): Promise<void> {
  for (const { name } of TABLES) {
    await knex.raw(`
      ALTER TABLE ${name} DROP CONSTRAINT ${name}_tenant_id_fkey, DROP CONSTRAINT ${name}_tenant_id_present`);
  }
}

async function refuseUnfilled(knex: Knex): Promise<void> {
  const missing: string[] = [];
  const unfilled: string[] = [];
  for (const { name } of TABLES) {
    if (!(await hasColumn(knex, name))) {
      missing.push(name);
      continue;
    }
    const rows = await countUnfilled(knex, name);
    if (rows > 0) unfilled.push(`${name} has ${rows} ${rows === 1 ? 'row' : 'rows'} without it`);
  }
  const faults = missing.length > 0 ? [`no such column in ${missing.join(', ')}`, ...unfilled] : unfilled;
  if (faults.length === 0) return;
  throw new Error(
    `Cannot require tenant_id: ${faults.join('; ')}. Try: tenantctl backfill-tenant --tenant caps-automotive`,
  );
}

async function hasColumn(knex: Knex, table: string): Promise<boolean> {
  const { rows } = await knex.raw<{ rows: unknown[] }>(
    `SELECT FROM pg_catalog.pg_attribute
     WHERE attrelid = to_regclass(?) AND attname = 'tenant_id' AND NOT attisdropped`,
    [table],
  );
  return rows.length > 0;
}

async function countUnfilled(knex: Knex, table: string): Promise<number> {
  const { rows } = await knex.raw<{ rows: { count: number }[] }>(
    `SELECT count(*)::int AS count FROM ${table} WHERE tenant_id IS NULL`,
  );
  return rows[0]?.count ?? 0;
}
