import type { Knex } from 'knex';

/** Everything that belongs to one organization, with the column that says to which. */
const TENANT_COLUMNS: Readonly<Record<string, string>> = {
  organizations: 'id',
  users: 'organization_id',
  posts: 'organization_id',
  likes: 'organization_id',
  user_roles: 'organization_id',
  professionals: 'organization_id',
  students: 'organization_id',
  appointments: 'organization_id',
  credit_balances: 'organization_id',
  credit_transactions: 'organization_id',
  availability_rules: 'organization_id',
  time_slots: 'organization_id',
};

/** The application's logins are members; it has no login and no password of its own. */
const GROUP = 'booking_app_access';

/**
 * From here on the database itself keeps organizations apart. Keys and references carry the organization already
 * (20250718000016a); now no role sees or writes a row of an organization other than the one in app.organization_id, the
 * tables' owner included (FORCE), and policies for PUBLIC leave no role out.
 */
export async function up(knex: Knex): Promise<void> {
  await createContextFunction(knex);
  for (const [table, column] of Object.entries(TENANT_COLUMNS)) {
    await isolate(knex, table, column);
  }
  await createGroup(knex);
  await grant(knex);
}

/**
 * The group stays, without any right: roles belong to the whole server, where another database may use this one, or be
 * about to; and dropping it would take its members' rights there. CREATE on the schema stays revoked from PUBLIC.
 */
export async function down(knex: Knex): Promise<void> {
  await revoke(knex);
  for (const [table, column] of Object.entries(TENANT_COLUMNS)) {
    await expose(knex, table, column);
  }
  await knex.raw('DROP FUNCTION current_organization_id()');
}

/**
 * No tenant set is an error, never an empty answer that looks like "no data". '' is what a setting becomes when the
 * transaction that had set it ends. SQLSTATE TN001: of a class that the SQL standard leaves free, so that an
 * application can tell this error from a missing privilege (42501).
 *
 * A regular expression, because catching the error of a cast would need a subtransaction, which parallel queries cannot
 * start before PostgreSQL 18. Everybody may execute it: it tells callers only what they have set themselves, and a
 * policy needs it in the name of whoever reads.
 */
async function createContextFunction(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE FUNCTION current_organization_id() RETURNS uuid LANGUAGE plpgsql
      STABLE PARALLEL SAFE SECURITY INVOKER SET search_path = pg_catalog, pg_temp
    AS $$
    DECLARE
      setting constant text := coalesce(current_setting('app.organization_id', true), '');
    BEGIN
      IF setting = '' THEN
        RAISE EXCEPTION 'no tenant set' USING ERRCODE = 'TN001',
          HINT = 'Begin the transaction with set_config(''app.organization_id'', <organization id>, true).';
      ELSIF setting !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN
        RAISE EXCEPTION 'no tenant set: app.organization_id is not a uuid' USING ERRCODE = 'TN001';
      END IF;
      RETURN setting::uuid;
    END
    $$`);
}

async function isolate(knex: Knex, table: string, column: string): Promise<void> {
  // As a subquery the function is asked once per statement instead of once per row.
  const isOurs = `${column} = (SELECT current_organization_id())`;
  await knex.raw(`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY`);
  await knex.raw(`
    CREATE POLICY tenant_isolation ON ${table} AS PERMISSIVE FOR ALL TO PUBLIC
      USING (${isOurs}) WITH CHECK (${isOurs})`);
  if (column === 'organization_id') {
    // A writer that names no organization means the one it works for; without one this fails, like everything else.
    await knex.raw(`ALTER TABLE ${table} ALTER COLUMN ${column} SET DEFAULT current_organization_id()`);
  }
}

async function expose(knex: Knex, table: string, column: string): Promise<void> {
  if (column === 'organization_id') {
    await knex.raw(`ALTER TABLE ${table} ALTER COLUMN ${column} DROP DEFAULT`);
  }
  await knex.raw(`DROP POLICY tenant_isolation ON ${table}`);
  await knex.raw(`ALTER TABLE ${table} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY`);
}

async function createGroup(knex: Knex): Promise<void> {
  await knex.raw(`
    DO $$
    BEGIN
      IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = '${GROUP}') THEN
        CREATE ROLE ${GROUP} NOLOGIN;
      END IF;
    EXCEPTION
      -- The migration of another database on this server created it in the meantime.
      WHEN duplicate_object OR unique_violation THEN NULL;
      WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'Cannot create role ${GROUP}: % has no CREATEROLE.', current_user
          USING ERRCODE = 'insufficient_privilege', HINT = 'As an administrator: CREATE ROLE ${GROUP} NOLOGIN';
    END
    $$`);
}

/**
 * Identity columns need no right on a sequence, and policies none on tables. Organizations are not the application's to
 * delete: one DELETE would take everything below. Roles are the same for all, so nobody's to write.
 */
async function grant(knex: Knex): Promise<void> {
  const { organizations, ...owned } = TENANT_COLUMNS;
  // PUBLIC may create tables and functions there on PostgreSQL 14, and on servers upgraded from it.
  await knex.raw('REVOKE CREATE ON SCHEMA public FROM PUBLIC');
  await knex.raw(`GRANT USAGE ON SCHEMA public TO ${GROUP}`);
  await knex.raw(`GRANT EXECUTE ON FUNCTION current_organization_id() TO ${GROUP}`);
  await knex.raw(`GRANT SELECT ON roles TO ${GROUP}`);
  await knex.raw(`GRANT SELECT, INSERT, UPDATE ON organizations TO ${GROUP}`);
  await knex.raw(`GRANT SELECT, INSERT, UPDATE, DELETE ON ${Object.keys(owned).join(', ')} TO ${GROUP}`);
}

async function revoke(knex: Knex): Promise<void> {
  // An administrator may have dropped the group since.
  const { rows } = await knex.raw<{ rows: unknown[] }>('SELECT FROM pg_catalog.pg_roles WHERE rolname = ?', [
    GROUP,
  ]);
  if (rows.length === 0) return;
  await knex.raw(`REVOKE ALL ON roles, ${Object.keys(TENANT_COLUMNS).join(', ')} FROM ${GROUP}`);
  await knex.raw(`REVOKE ALL ON FUNCTION current_organization_id() FROM ${GROUP}`);
  await knex.raw(`REVOKE ALL ON SCHEMA public FROM ${GROUP}`);
}
