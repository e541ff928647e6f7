import type { Knex } from 'knex';
import { TABLES } from './tables.js';

/** Has new rows that name no tenant belong to the one there is. */
export async function createFillTriggers(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE FUNCTION fill_tenant_id() RETURNS trigger LANGUAGE plpgsql
      SECURITY INVOKER SET search_path = pg_catalog, pg_temp
    AS $$
    BEGIN
      IF to_jsonb(NEW) ->> 'tenant_id' IS NULL THEN
        -- What a row has no column for is left out: the trigger is there before the column.
        NEW := jsonb_populate_record(NEW, '{"tenant_id": "caps-automotive"}');
      END IF;
      RETURN NEW;
    END
    $$`);
  for (const { name } of TABLES) {
    // Triggers fire in the order of their names: zz_ comes after whatever else changes a row.
    await knex.raw(`
      CREATE TRIGGER zz_fill_tenant_id BEFORE INSERT ON ${name} FOR EACH ROW EXECUTE FUNCTION fill_tenant_id()`);
  }
}

export async function dropFillTriggers(knex: Knex): Promise<void> {
  for (const { name } of TABLES) await knex.raw(`DROP TRIGGER zz_fill_tenant_id ON ${name}`);
  await knex.raw('DROP FUNCTION fill_tenant_id()');
}
