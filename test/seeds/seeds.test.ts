import { describe, expect, it } from 'vitest';
import { TENANT_TABLES } from '../migrations/tenant.js';
import { seedBooking } from '../support/booking.js';
import { useTestDatabase } from '../support/database.js';

const database = useTestDatabase({ template: 'booking-seeded' });

/** Every row of every table as text. */
async function contents(): Promise<Record<string, string[]>> {
  const tables = ['organizations', 'roles', ...TENANT_TABLES];
  const read = async (table: string): Promise<[string, string[]]> => {
    const rows = await database.query<{ row: string }>(
      `SELECT to_jsonb(t)::text AS row FROM ${table} t ORDER BY 1`,
    );
    return [table, rows.map(({ row }) => row)];
  };
  return Object.fromEntries(await Promise.all(tables.map(read)));
}

it('a second run changes nothing', async () => {
  const first = await contents();
  await seedBooking(database.url);
  expect(await contents()).toEqual(first);
});

it('there are three organizations, and each has rows in every table', async () => {
  for (const table of TENANT_TABLES) {
    const rows = await database.query(`SELECT DISTINCT organization_id FROM ${table}`);
    expect(rows, table).toHaveLength(3);
  }
});

describe('every organization has', () => {
  it.each([
    ['users', 'role', ['admin', 'parent', 'professional', 'staff']],
    ['students', 'admission_state', ['admitted', 'discharged', 'prospect']],
    ['appointments', 'state', ['cancelled', 'confirmed', 'draft', 'executed']],
    ['credit_transactions', 'status', ['completed', 'failed', 'pending']],
    ['credit_transactions', 'transaction_type', ['appointment_debit', 'cancellation_refund', 'purchase']],
    ['time_slots', 'available', [false, true]],
    ['availability_rules', 'active', [false, true]],
  ])('%s of every %s', async (table, column, values) => {
    const rows = await database.query<{ values: unknown[] }>(
      `SELECT array_agg(DISTINCT ${column} ORDER BY ${column}) AS values FROM ${table} GROUP BY organization_id`,
    );
    expect(rows).toEqual([{ values }, { values }, { values }]);
  });
});

it('no date depends on the day of the run', async () => {
  for (const table of ['organizations', ...TENANT_TABLES]) {
    const late = await database.query(
      `SELECT FROM ${table} WHERE created_at > '2025-09-01' OR updated_at > '2025-09-01'`,
    );
    expect(late, table).toEqual([]);
  }
});

it('what people changed since stays', async () => {
  await database.query(`UPDATE users SET phone = 'changed' WHERE email = 'elena@norte.example'`);
  await seedBooking(database.url);
  const rows = await database.query(`SELECT phone FROM users WHERE email = 'elena@norte.example'`);
  expect(rows).toEqual([{ phone: 'changed' }]);
});
