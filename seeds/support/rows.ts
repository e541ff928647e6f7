import type { Knex } from 'knex';
import type { Organization } from './organizations.js';

export type Row = Record<string, string | number | boolean | null>;

/** Seeds say the same whenever they run: what has no date of its own was made on this day. */
const SEEDED_AT = '2025-08-01T12:00:00Z';

/**
 * Inserts the rows that the organization does not have yet, told by the columns of their natural key. What is there
 * stays as people have changed it since. Not ON CONFLICT: half of these tables allow rows that look alike (two posts
 * with the same words), so no unique constraint could tell.
 */
export async function insertMissing(
  knex: Knex,
  organization: Organization,
  table: string,
  key: readonly string[],
  rows: readonly Row[],
): Promise<void> {
  for (const row of rows) {
    const natural = Object.fromEntries(key.map((column) => [column, row[column] ?? null]));
    const existing = await knex(table)
      .where({ organization_id: organization.id, ...natural })
      .first('id');
    if (existing) continue;
    const dates = { created_at: SEEDED_AT, updated_at: row.created_at ?? SEEDED_AT };
    await knex(table).insert({ organization_id: organization.id, ...dates, ...row });
  }
}

export type FindId = (value: string) => string;

/** Users by the part of their address before the @. */
export function findUsers(knex: Knex, organization: Organization): Promise<FindId> {
  return findIds(knex, organization, 'users', `split_part(email, '@', 1)`);
}

/** Professional profiles by their user's id. */
export function findProfiles(knex: Knex, organization: Organization): Promise<FindId> {
  return findIds(knex, organization, 'professionals', 'user_id::text');
}

/** Students by first name. */
export function findStudents(knex: Knex, organization: Organization): Promise<FindId> {
  return findIds(knex, organization, 'students', 'first_name');
}

/** Appointments by their time in UTC, '2025-08-04T13:00Z'. */
export function findAppointments(knex: Knex, organization: Organization): Promise<FindId> {
  const time = `to_char(scheduled_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"')`;
  return findIds(knex, organization, 'appointments', time);
}

/** Credit balances by their user's id. */
export function findBalances(knex: Knex, organization: Organization): Promise<FindId> {
  return findIds(knex, organization, 'credit_balances', 'user_id::text');
}

async function findIds(knex: Knex, organization: Organization, table: string, name: string): Promise<FindId> {
  const rows: { id: string; name: string }[] = await knex(table)
    .where({ organization_id: organization.id })
    .select('id', knex.raw(`${name} AS name`));
  const ids = new Map(rows.map((row) => [row.name, row.id]));
  return (value) => {
    const id = ids.get(value);
    if (id === undefined)
      throw new Error(`Cannot seed ${organization.name}: ${table} has no row for ${value}.`);
    return id;
  };
}
