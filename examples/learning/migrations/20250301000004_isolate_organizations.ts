import type { Knex } from 'knex';

/** Every table, with the column that says which organization a row belongs to. */
const TABLES: Readonly<Record<string, string>> = {
  organizations: 'id',
  users: 'organization_id',
  courses: 'organization_id',
  enrollments: 'organization_id',
  lessons: 'organization_id',
  submissions: 'organization_id',
  files: 'organization_id',
  file_versions: 'organization_id',
  file_access_logs: 'organization_id',
};

/**
 * The floor: whatever the policies of the next files allow to whom, nobody gets beyond the organization.
 *
 * Those policies are permissive, and PostgreSQL joins permissive policies by OR: were the organization part of each, one
 * of some seventy that forgot it would open its table to everybody. A RESTRICTIVE policy is joined by AND to all of
 * them, also to those that are written next year, and there are nine of them to review. For PUBLIC and forced, so that
 * no role is left out, the owner included. Until the next files run, there is nothing permissive: nobody gets anything.
 *
 * Without a floor (down) every row is open; so the policies go first, and only then this one.
 */
export async function up(knex: Knex): Promise<void> {
  await createContextFunctions(knex);
  for (const [table, column] of Object.entries(TABLES)) {
    const isOurs = `${column} = (SELECT current_organization_id())`;
    await knex.raw(`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY`);
    await knex.raw(`
      CREATE POLICY organization_floor ON ${table} AS RESTRICTIVE FOR ALL TO PUBLIC
        USING (${isOurs}) WITH CHECK (${isOurs})`);
    if (column === 'organization_id') {
      await knex.raw(`ALTER TABLE ${table} ALTER COLUMN ${column} SET DEFAULT current_organization_id()`);
    }
  }
  await knex.raw('ALTER TABLE file_access_logs ALTER COLUMN user_id SET DEFAULT current_member_id()');
  // PUBLIC may create tables and functions there on PostgreSQL 14, and on servers upgraded from it.
  await knex.raw('REVOKE CREATE ON SCHEMA public FROM PUBLIC');
}

/** CREATE on the schema stays revoked. */
export async function down(knex: Knex): Promise<void> {
  await knex.raw('ALTER TABLE file_access_logs ALTER COLUMN user_id DROP DEFAULT');
  for (const [table, column] of Object.entries(TABLES)) {
    if (column === 'organization_id') {
      await knex.raw(`ALTER TABLE ${table} ALTER COLUMN ${column} DROP DEFAULT`);
    }
    await knex.raw(`DROP POLICY organization_floor ON ${table}`);
    await knex.raw(`ALTER TABLE ${table} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY`);
  }
  await knex.raw('DROP FUNCTION current_organization_id(), current_member_id(), current_member_role()');
}

/**
 * Who asks, as the application found out when the member signed in. nullif: '' is what a setting becomes when the
 * transaction that set it ends; then, as where it was never set, these are NULL, and no row equals NULL.
 *
 * STABLE, not IMMUTABLE: an immutable function is computed when a plan is made, and the plan goes on showing the rows of
 * the organization that it was made for.
 */
async function createContextFunctions(knex: Knex): Promise<void> {
  const settings = [
    ['current_organization_id', 'uuid', 'app.organization_id'],
    ['current_member_id', 'uuid', 'app.member_id'],
    ['current_member_role', 'text', 'app.member_role'],
  ];
  for (const [name, type, setting] of settings) {
    await knex.raw(`
      CREATE FUNCTION ${name}() RETURNS ${type} LANGUAGE sql
        STABLE PARALLEL SAFE SECURITY INVOKER SET search_path = pg_catalog, pg_temp
      AS $$ SELECT nullif(current_setting('${setting}', true), '')::${type} $$`);
  }
}
