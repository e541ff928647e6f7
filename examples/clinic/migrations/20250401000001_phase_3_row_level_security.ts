import type { Knex } from 'knex';
import { createForeignKeys, dropForeignKeys, refuseDangling } from './support/foreign-keys.js';
import { MAPS, TABLES } from './support/tables.js';

// tenantctl:allow foreign-key-validated-at-once, not-null-scans-table: a clinic's tables are small
// tenantctl:allow check-validated-at-once: a clinic's tables are small
// tenantctl:allow primary-key-built-in-place, unique-built-in-place: a clinic's tables are small
// tenantctl:allow index-not-concurrent, index-drop-not-concurrent: a clinic's tables are small
type Command = 'ALL' | 'SELECT' | 'INSERT' | 'UPDATE';

interface Isolated {
  table: string;
  /** Says of which clinic a row is. */
  column: string;
  /** What its clinic may do; nobody does anything else. */
  commands: readonly Command[];
}

const ISOLATED: readonly Isolated[] = [
  // Ending a clinic would take everything below: that is the operator's.
  { table: 'clinics', column: 'id', commands: ['SELECT', 'INSERT', 'UPDATE'] },
  ...TABLES.map(({ name }): Isolated => ({ table: name, column: 'clinic_id', commands: ['ALL'] })),
  // Entered by a trigger in the name of whoever adds a row, taken out by the foreign key.
  ...Object.values(MAPS).map(
    (table): Isolated => ({ table, column: 'clinic_id', commands: ['SELECT', 'INSERT'] }),
  ),
];

/**
 * Phase 3: the database keeps clinics apart, whatever the application's WHERE clauses say. Every key and every reference
 * carries the clinic, also those of the tables that existed; a reference carries both ids, so they cannot part; and every
 * row is hidden from whoever has not set its clinic, the owner included.
 *
 * Foreign keys come before row level security, which would hide the rows from the owner who is to have them checked. Stop
 * here, and an application that begins its transactions with app.clinic_id works on.
 */
export async function up(knex: Knex): Promise<void> {
  await refuseDangling(knex);
  await createForeignKeys(knex);
  await createContextFunctions(knex);
  for (const { table, column, commands } of ISOLATED) {
    await knex.raw(`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY`);
    for (const command of commands) await createPolicy(knex, table, command, column);
  }
  for (const { name } of TABLES) {
    await knex.raw(`
      ALTER TABLE ${name}
        ALTER COLUMN clinic_id SET DEFAULT current_clinic_id(),
        ALTER COLUMN clinic_uuid SET DEFAULT current_clinic_uuid()`);
  }
  // PUBLIC may create tables and functions there on PostgreSQL 14, and on servers upgraded from it.
  await knex.raw('REVOKE CREATE ON SCHEMA public FROM PUBLIC');
}

/** CREATE on the schema stays revoked. */
export async function down(knex: Knex): Promise<void> {
  for (const { name } of TABLES) {
    await knex.raw(`
      ALTER TABLE ${name} ALTER COLUMN clinic_id DROP DEFAULT, ALTER COLUMN clinic_uuid DROP DEFAULT`);
  }
  for (const { table, commands } of ISOLATED) {
    for (const command of commands) await knex.raw(`DROP POLICY ${policyName(command)} ON ${table}`);
    await knex.raw(`ALTER TABLE ${table} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY`);
  }
  await knex.raw('DROP FUNCTION current_clinic_uuid()');
  await knex.raw('DROP FUNCTION current_clinic_id()');
  await dropForeignKeys(knex);
}

/** No clinic set is an error, never an empty answer that looks like "no data"; '' is a setting after its transaction. */
async function createContextFunctions(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE FUNCTION current_clinic_id() RETURNS text LANGUAGE plpgsql
      STABLE PARALLEL SAFE SECURITY INVOKER SET search_path = pg_catalog, pg_temp
    AS $$
    DECLARE
      setting constant text := coalesce(current_setting('app.clinic_id', true), '');
    BEGIN
      IF setting = '' THEN
        RAISE EXCEPTION 'no clinic set' USING ERRCODE = 'TN001',
          HINT = 'Begin the transaction with set_config(''app.clinic_id'', <clinic id>, true).';
      END IF;
      RETURN setting;
    END
    $$`);
  await knex.raw(`
    CREATE FUNCTION current_clinic_uuid() RETURNS uuid LANGUAGE sql
      STABLE PARALLEL SAFE SECURITY INVOKER SET search_path = pg_catalog, pg_temp
    AS $$ SELECT uuid FROM public.clinic_id_map WHERE clinic_id = public.current_clinic_id() $$`);
}

/** As a subquery the function is asked once per statement instead of once per row. */
async function createPolicy(knex: Knex, table: string, command: Command, column: string): Promise<void> {
  const isOurs = `${column} = (SELECT current_clinic_id())`;
  const using = command === 'INSERT' ? '' : `USING (${isOurs})`;
  const check = command === 'SELECT' ? '' : `WITH CHECK (${isOurs})`;
  await knex.raw(`
    CREATE POLICY ${policyName(command)} ON ${table} AS PERMISSIVE FOR ${command} TO PUBLIC ${using} ${check}`);
}

function policyName(command: Command): string {
  return `clinic_${command.toLowerCase()}`;
}
