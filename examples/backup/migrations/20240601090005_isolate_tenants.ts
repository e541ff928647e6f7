import type { Knex } from 'knex';
import { createFillTriggers, dropFillTriggers } from './support/fill-triggers.js';
import { TABLES } from './support/tables.js';

// tenantctl:allow check-validated-at-once: a tenant has few stores
/** The application's logins are members; it has no login of its own. */
const GROUP = 'backup_app_access';

/**
 * The end of the change-over, once every instance of the application says for whom it works: rows are filled from that
 * instead of with the one tenant that there was, and a second one may come.
 *
 * Two levels, two policies. The permissive one opens a tenant's rows to the tenant. The restrictive one is joined to it by
 * AND and leaves those of the store that is set; '*' is the head office, which sees all stores. It has to be said: were
 * no store to mean every store, one forgotten setting would open them.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`ALTER TABLE stores ADD CONSTRAINT stores_id_check CHECK (id <> '*')`);
  await createContextFunction(knex, 'tenant');
  await createContextFunction(knex, 'store');
  await isolate(knex, 'tenants', 'id');
  for (const table of TABLES) {
    await isolate(knex, table.name, 'tenant_id');
    if (table.ofStore) await confine(knex, table.name, 'store_id');
    await knex.raw(`ALTER TABLE ${table.name} ALTER COLUMN tenant_id SET DEFAULT current_tenant_id()`);
  }
  await confine(knex, 'stores', 'id');
  await dropFillTriggers(knex);
  await createGroup(knex);
  await grant(knex);
}

/** The group stays, without any right: roles belong to the whole server. CREATE on the schema stays revoked. */
export async function down(knex: Knex): Promise<void> {
  await revoke(knex);
  await createFillTriggers(knex);
  await expose(knex, 'tenants');
  for (const { name } of TABLES) {
    await knex.raw(`ALTER TABLE ${name} ALTER COLUMN tenant_id DROP DEFAULT`);
    await expose(knex, name);
  }
  await knex.raw('DROP FUNCTION current_tenant_id(), current_store_id()');
  await knex.raw('ALTER TABLE stores DROP CONSTRAINT stores_id_check');
}

/** Nothing set is an error, never an empty answer that looks like "no backups". '' is a setting after its transaction. */
async function createContextFunction(knex: Knex, level: 'tenant' | 'store'): Promise<void> {
  await knex.raw(`
    CREATE FUNCTION current_${level}_id() RETURNS text LANGUAGE plpgsql
      STABLE PARALLEL SAFE SECURITY INVOKER SET search_path = pg_catalog, pg_temp
    AS $$
    DECLARE
      setting constant text := coalesce(current_setting('app.${level}_id', true), '');
    BEGIN
      IF setting = '' THEN
        RAISE EXCEPTION 'no ${level} set' USING ERRCODE = 'TN001',
          HINT = 'Begin the transaction with set_config(''app.${level}_id'', <${level} id>, true).';
      END IF;
      RETURN setting;
    END
    $$`);
}

/** As a subquery the function is asked once per statement instead of once per row. */
async function isolate(knex: Knex, table: string, column: string): Promise<void> {
  const isOurs = `${column} = (SELECT current_tenant_id())`;
  await knex.raw(`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY`);
  await knex.raw(`
    CREATE POLICY tenant_isolation ON ${table} AS PERMISSIVE FOR ALL TO PUBLIC
      USING (${isOurs}) WITH CHECK (${isOurs})`);
}

async function confine(knex: Knex, table: string, column: string): Promise<void> {
  const isOurs = `(SELECT current_store_id()) IN ('*', ${column})`;
  await knex.raw(`
    CREATE POLICY store_scope ON ${table} AS RESTRICTIVE FOR ALL TO PUBLIC
      USING (${isOurs}) WITH CHECK (${isOurs})`);
}

async function expose(knex: Knex, table: string): Promise<void> {
  await knex.raw(`DROP POLICY tenant_isolation ON ${table}`);
  await knex.raw(`DROP POLICY IF EXISTS store_scope ON ${table}`);
  await knex.raw(`ALTER TABLE ${table} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY`);
}

async function createGroup(knex: Knex): Promise<void> {
  await knex.raw(`
    DO $$
    BEGIN
      IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = '${GROUP}') THEN
        CREATE ROLE ${GROUP} NOLOGIN;
      END IF;
    -- The migration of another database on this server created it in the meantime.
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END
    $$`);
}

/** Tenants are the operator's to make and to end. What is in the audit stays there as it was written. */
async function grant(knex: Knex): Promise<void> {
  const kept = TABLES.map(({ name }) => name).filter((name) => name !== 'audit_events');
  // PUBLIC may create tables and functions there on PostgreSQL 14, and on servers upgraded from it.
  await knex.raw('REVOKE CREATE ON SCHEMA public FROM PUBLIC');
  await knex.raw(`GRANT USAGE ON SCHEMA public TO ${GROUP}`);
  await knex.raw(`GRANT SELECT ON tenants TO ${GROUP}`);
  await knex.raw(`GRANT SELECT, INSERT ON audit_events TO ${GROUP}`);
  await knex.raw(`GRANT SELECT, INSERT, UPDATE, DELETE ON ${kept.join(', ')} TO ${GROUP}`);
}

async function revoke(knex: Knex): Promise<void> {
  // An administrator may have dropped the group since.
  const { rows } = await knex.raw<{ rows: unknown[] }>('SELECT FROM pg_catalog.pg_roles WHERE rolname = ?', [
    GROUP,
  ]);
  if (rows.length === 0) return;
  await knex.raw(`REVOKE ALL ON tenants, ${TABLES.map(({ name }) => name).join(', ')} FROM ${GROUP}`);
  await knex.raw(`REVOKE ALL ON SCHEMA public FROM ${GROUP}`);
}
