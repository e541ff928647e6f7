import type { Knex } from 'knex';

// tenantctl:allow not-null-scans-table: backfill-tenant leaves the proof that spares the scan
/** The tables of the system before tenants; users first, since the others find their organization through them. */
const TABLES = ['users', 'posts', 'likes'] as const;

/**
 * Contract: from here on every row has its organization. Which one is a decision about people's data that no migration
 * can take, so this one stops while rows are unfilled and says what to run.
 *
 * SET NOT NULL reads the table under ACCESS EXCLUSIVE, except where backfill-tenant has constrained the column before.
 */
export async function up(knex: Knex): Promise<void> {
  await refuseUnfilledRows(knex);
  await nameNamelessUsers(knex);
  for (const table of TABLES) {
    await knex.raw(`ALTER TABLE ${table} ALTER COLUMN organization_id SET NOT NULL`);
  }
  await knex.raw(
    'ALTER TABLE users ALTER COLUMN first_name SET NOT NULL, ALTER COLUMN last_name SET NOT NULL',
  );
}

/** Filled rows stay filled: the application of before ignores the columns, and a second `up` needs them. */
export async function down(knex: Knex): Promise<void> {
  await knex.raw(
    'ALTER TABLE users ALTER COLUMN first_name DROP NOT NULL, ALTER COLUMN last_name DROP NOT NULL',
  );
  for (const table of [...TABLES].reverse()) {
    await knex.raw(`ALTER TABLE ${table} ALTER COLUMN organization_id DROP NOT NULL`);
  }
}

async function refuseUnfilledRows(knex: Knex): Promise<void> {
  const unfilled: { table: string; rows: number }[] = [];
  for (const table of TABLES) {
    const rows = await countUnfilled(knex, table);
    if (rows > 0) unfilled.push({ table, rows });
  }
  if (unfilled.length === 0) return;
  const facts = unfilled.map(
    ({ table, rows }) => `${table} has ${rows} ${rows === 1 ? 'row' : 'rows'} without it`,
  );
  throw new Error(`Cannot require organization_id: ${facts.join(', ')}. Try: ${remedy(unfilled)}`);
}

async function countUnfilled(knex: Knex, table: string): Promise<number> {
  const { rows } = await knex.raw<{ rows: { count: number }[] }>(
    `SELECT count(*)::int AS count FROM ${table} WHERE organization_id IS NULL`,
  );
  return rows[0]?.count ?? 0;
}

/** Users belong where the operator says; posts and likes follow their user. */
function remedy(unfilled: readonly { table: string }[]): string {
  const followers = unfilled.map(({ table }) => table).filter((table) => table !== 'users');
  const commands: string[] = [];
  if (followers.length < unfilled.length) {
    commands.push('tenantctl backfill-tenant users --tenant <organization id>');
  }
  if (followers.length > 0) commands.push(`tenantctl backfill-tenant ${followers.join(' ')}`);
  return commands.join(', then ');
}

/** The system before tenants knew no names; until people enter theirs, the address says who it is. */
async function nameNamelessUsers(knex: Knex): Promise<void> {
  await knex.raw(`
    UPDATE users SET first_name = coalesce(first_name, split_part(email, '@', 1)), last_name = coalesce(last_name, '')
    WHERE first_name IS NULL OR last_name IS NULL`);
}
