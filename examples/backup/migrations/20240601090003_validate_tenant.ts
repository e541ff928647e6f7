import type { Knex } from 'knex';
import { TABLES } from './support/tables.js';

/**
 * Contract, second half, table by table beside the traffic: validating blocks neither readers nor writers, and a
 * validated CHECK spares SET NOT NULL the reading of the table under a lock that would.
 */
export const config = { transaction: false };

export async function up(knex: Knex): Promise<void> {
  for (const { name } of TABLES) {
    const present = `${name}_tenant_id_present`;
    // A run that was cut short may have done any of this before; what is validated is not read again.
    if (!(await isRequired(knex, name))) {
      await knex.raw(`ALTER TABLE ${name} VALIDATE CONSTRAINT ${present}`);
      await knex.raw(`ALTER TABLE ${name} ALTER COLUMN tenant_id SET NOT NULL, DROP CONSTRAINT ${present}`);
    }
    await knex.raw(`ALTER TABLE ${name} VALIDATE CONSTRAINT ${name}_tenant_id_fkey`);
  }
}

/** Back to what is demanded of new rows only. */
export async function down(knex: Knex): Promise<void> {
  for (const { name } of TABLES) {
    await knex.raw(`
      ALTER TABLE ${name}
        DROP CONSTRAINT ${name}_tenant_id_fkey,
        DROP CONSTRAINT IF EXISTS ${name}_tenant_id_present,
        ALTER COLUMN tenant_id DROP NOT NULL,
        ADD CONSTRAINT ${name}_tenant_id_present CHECK (tenant_id IS NOT NULL) NOT VALID,
        ADD CONSTRAINT ${name}_tenant_id_fkey
          FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE NOT VALID`);
  }
}

async function isRequired(knex: Knex, table: string): Promise<boolean> {
  const { rows } = await knex.raw<{ rows: { attnotnull: boolean }[] }>(
    `SELECT attnotnull FROM pg_catalog.pg_attribute WHERE attrelid = to_regclass(?) AND attname = 'tenant_id'`,
    [table],
  );
  return rows[0]?.attnotnull ?? false;
}
