import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { useRehearsal } from './rehearsal.js';
import { anotherRow, insert, type Row, refusal, TENANT_TABLES, type TenantTable } from './tenant.js';

const CHECK = '23514';
const UNIQUE = '23505';
const EXCLUSION = '23P01';
const NOT_NULL = '23502';

const rehearsal = useRehearsal();

async function refuse(table: TenantTable, change: Row): Promise<pg.DatabaseError> {
  const { client, ours } = rehearsal;
  return await refusal(client, () => insert(client, table, { ...anotherRow(ours, table), ...change }));
}

async function accept(table: TenantTable, change: Row): Promise<string> {
  return await insert(rehearsal.client, table, { ...anotherRow(rehearsal.ours, table), ...change });
}

describe('values', () => {
  it.each<[TenantTable, Row, string]>([
    ['users', { role: 'root' }, 'users_role_check'],
    ['users', { sign_in_count: -1 }, 'users_sign_in_count_check'],
    ['professionals', { session_duration_minutes: 0 }, 'professionals_session_duration_minutes_check'],
    ['professionals', { buffer_minutes: -1 }, 'professionals_buffer_minutes_check'],
    ['professionals', { session_price_cents: -1 }, 'professionals_session_price_cents_check'],
    ['professionals', { currency: 'pesos' }, 'professionals_currency_check'],
    ['professionals', { specialization: 'psychology' }, 'professionals_license_number_check'],
    [
      'professionals',
      { specialization: 'Psychology', license_number: ' ' },
      'professionals_license_number_check',
    ],
    ['students', { admission_state: 'expelled' }, 'students_admission_state_check'],
    ['students', { admission_date: '2025-01-01' }, 'students_prospect_dates_check'],
    [
      'students',
      { admission_state: 'discharged', admission_date: '2025-02-01', discharge_date: '2025-01-01' },
      'students_discharge_date_check',
    ],
    ['appointments', { state: 'lost' }, 'appointments_state_check'],
    ['appointments', { duration_minutes: 0 }, 'appointments_duration_minutes_check'],
    ['credit_balances', { balance: -1 }, 'credit_balances_balance_check'],
    ['credit_balances', { lifetime_purchased: -1 }, 'credit_balances_lifetime_purchased_check'],
    ['credit_balances', { lifetime_used: -1 }, 'credit_balances_lifetime_used_check'],
    ['credit_transactions', { amount: 0 }, 'credit_transactions_amount_check'],
    ['credit_transactions', { transaction_type: 'gift' }, 'credit_transactions_transaction_type_check'],
    ['credit_transactions', { status: 'lost' }, 'credit_transactions_status_check'],
    ['credit_transactions', { amount: -1 }, 'credit_transactions_sign_check'],
    [
      'credit_transactions',
      { amount: -1, transaction_type: 'cancellation_refund' },
      'credit_transactions_sign_check',
    ],
    ['credit_transactions', { transaction_type: 'appointment_debit' }, 'credit_transactions_sign_check'],
    ['credit_transactions', { processed_at: '2025-09-01' }, 'credit_transactions_processed_at_check'],
    ['availability_rules', { day_of_week: 7 }, 'availability_rules_day_of_week_check'],
    ['availability_rules', { day_of_week: -1 }, 'availability_rules_day_of_week_check'],
    ['availability_rules', { start_time: '12:00', end_time: '12:00' }, 'availability_rules_time_check'],
    ['time_slots', { ends_at: '2025-09-02T13:00Z' }, 'time_slots_time_check'],
    ['time_slots', { available: false }, 'time_slots_booked_check'],
  ])('%s refuses %o', async (table, change, constraint) => {
    expect(await refuse(table, change)).toMatchObject({ code: CHECK, constraint });
  });

  it('a free slot has no appointment', async () => {
    const change = { appointment_id: rehearsal.ours.ids.appointments };
    expect(await refuse('time_slots', change)).toMatchObject({ constraint: 'time_slots_booked_check' });
    await accept('time_slots', { ...change, available: false });
  });

  it('a licence opens every profession, and some need none', async () => {
    const { client } = rehearsal;
    const licensed = await accept('professionals', {
      specialization: 'psychology',
      license_number: 'MN 4711',
    });
    await client.query('DELETE FROM professionals WHERE id = $1', [licensed]);
    await accept('professionals', { specialization: 'chess' });
  });

  it('debits take, purchases and refunds give', async () => {
    await accept('credit_transactions', { amount: -2, transaction_type: 'appointment_debit' });
    await accept('credit_transactions', { amount: 2, transaction_type: 'cancellation_refund' });
  });

  it.each<[TenantTable, string]>([
    ...TENANT_TABLES.map((table): [TenantTable, string] => [table, 'organization_id']),
    ['users', 'email'],
    ['users', 'first_name'],
    ['users', 'last_name'],
    ['posts', 'content'],
    ['students', 'first_name'],
    ['students', 'last_name'],
  ])('%s requires %s', async (table, column) => {
    expect(await refuse(table, { [column]: null })).toMatchObject({ code: NOT_NULL, column });
  });
});

describe('state and timestamp of an appointment', () => {
  const at = '2025-09-01T10:00Z';

  it.each<[Row, string]>([
    [{ state: 'draft', confirmed_at: at }, 'appointments_confirmed_at_check'],
    [{ state: 'confirmed' }, 'appointments_confirmed_at_check'],
    [{ state: 'executed', confirmed_at: at }, 'appointments_executed_at_check'],
    [{ state: 'confirmed', confirmed_at: at, executed_at: at }, 'appointments_executed_at_check'],
    [{ state: 'cancelled' }, 'appointments_cancelled_at_check'],
    [{ state: 'draft', cancelled_at: at }, 'appointments_cancelled_at_check'],
    [{ state: 'draft', cancellation_reason: 'Ill' }, 'appointments_cancellation_reason_check'],
  ])('%o is refused', async (change, constraint) => {
    expect(await refuse('appointments', change)).toMatchObject({ code: CHECK, constraint });
  });

  it.each<[Row]>([
    [{ state: 'draft' }],
    [{ state: 'confirmed', confirmed_at: at }],
    [{ state: 'executed', confirmed_at: at, executed_at: at }],
    [{ state: 'executed', executed_at: at }],
    [{ state: 'cancelled', cancelled_at: at }],
    [{ state: 'cancelled', confirmed_at: at, cancelled_at: at, cancellation_reason: 'Ill' }],
  ])('%o is history that can be taken over', async (change) => {
    await accept('appointments', change);
  });
});

describe('unique within an organization', () => {
  it.each<[TenantTable, string]>([
    ['likes', 'likes_organization_id_user_id_post_id_key'],
    ['user_roles', 'user_roles_organization_id_user_id_role_id_key'],
    ['credit_balances', 'credit_balances_organization_id_user_id_key'],
    ['time_slots', 'time_slots_organization_id_professional_id_starts_at_key'],
  ])('%s', async (table, constraint) => {
    const { client, ours } = rehearsal;
    const { rows } = await client.query<Row>(`SELECT * FROM ${table} WHERE id = $1`, [ours.ids[table]]);
    const keys = Object.keys(anotherRow(ours, table));
    const same = Object.fromEntries(keys.map((key) => [key, rows[0]?.[key]]));
    expect(await refuse(table, same)).toMatchObject({ code: UNIQUE, constraint });
  });

  it('one profile for each user', async () => {
    const change = { user_id: rehearsal.ours.professional };
    const constraint = 'professionals_organization_id_user_id_key';
    expect(await refuse('professionals', change)).toMatchObject({ code: UNIQUE, constraint });
  });

  it.each<[Row, string]>([
    [{ email: 'double@example.com' }, 'users_organization_id_email_key'],
    [{ provider: 'google', uid: '1' }, 'users_organization_id_provider_uid_key'],
    [{ jti: 'token' }, 'users_organization_id_jti_key'],
  ])('users: %o, which another organization may have as well', async (double, constraint) => {
    const { client, theirs } = rehearsal;
    await accept('users', double);
    expect(await refuse('users', { email: 'third@example.com', ...double })).toMatchObject({
      code: UNIQUE,
      constraint,
    });
    await insert(client, 'users', { ...anotherRow(theirs, 'users'), ...double });
  });

  it.each(['slug', 'subdomain'])('the %s of an organization, among all of them', async (column) => {
    const { client } = rehearsal;
    const row = { name: 'x', slug: 'x', subdomain: 'x', [column]: 'ours' };
    expect(await refusal(client, () => insert(client, 'organizations', row))).toMatchObject({
      code: UNIQUE,
      constraint: `organizations_${column}_key`,
    });
  });
});

describe('one professional at one time', () => {
  const booked = { state: 'confirmed', confirmed_at: '2025-09-01T10:00Z', scheduled_at: '2025-10-01T13:00Z' };
  const executed = { ...booked, state: 'executed', executed_at: '2025-10-01T14:00Z' };

  it('is booked once', async () => {
    await accept('appointments', booked);
    const error = { code: UNIQUE, constraint: 'idx_no_double_booking' };
    expect(await refuse('appointments', booked)).toMatchObject(error);
    expect(await refuse('appointments', executed)).toMatchObject(error);
  });

  it('may have drafts and cancelled appointments beside', async () => {
    await accept('appointments', booked);
    await accept('appointments', { scheduled_at: booked.scheduled_at });
    await accept('appointments', {
      scheduled_at: booked.scheduled_at,
      state: 'cancelled',
      cancelled_at: '2025-09-01T10:00Z',
    });
  });

  it('has rules that do not overlap on one day', async () => {
    const overlapping = { day_of_week: 1, start_time: '11:59', end_time: '13:00' };
    expect(await refuse('availability_rules', overlapping)).toMatchObject({
      code: EXCLUSION,
      constraint: 'availability_rules_no_overlap',
    });
    await accept('availability_rules', { ...overlapping, start_time: '12:00' });
    await accept('availability_rules', { ...overlapping, day_of_week: 2 });
    const colleague = await accept('professionals', {});
    await accept('availability_rules', { ...overlapping, professional_id: colleague });
  });
});
