import { describe, expect, it } from 'vitest';
import { useRehearsal } from './rehearsal.js';
import { anotherRow, insert, refusal, type TenantTable } from './tenant.js';

const FOREIGN_KEY = '23503';
const RESTRICT = '23001';
const EXECUTED = { state: 'executed', executed_at: '2025-09-01T14:00Z' };

const rehearsal = useRehearsal();

async function count(table: string, id: string | undefined): Promise<number> {
  const { rows } = await rehearsal.client.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM ${table} WHERE id::text = $1`,
    [id],
  );
  return rows[0]?.n ?? -1;
}

const remove = (table: string, id: string) =>
  rehearsal.client.query(`DELETE FROM ${table} WHERE id::text = $1`, [id]);

describe('a reference stays in its organization', () => {
  it.each<[TenantTable, string, TenantTable]>([
    ['posts', 'user_id', 'users'],
    ['likes', 'user_id', 'users'],
    ['likes', 'post_id', 'posts'],
    ['user_roles', 'user_id', 'users'],
    ['students', 'primary_contact_id', 'users'],
    ['students', 'secondary_contact_id', 'users'],
    ['appointments', 'professional_id', 'users'],
    ['appointments', 'student_id', 'students'],
    ['appointments', 'client_id', 'users'],
    ['credit_balances', 'user_id', 'users'],
    ['credit_transactions', 'user_id', 'users'],
    ['credit_transactions', 'credit_balance_id', 'credit_balances'],
    ['credit_transactions', 'appointment_id', 'appointments'],
    ['availability_rules', 'professional_id', 'professionals'],
    ['time_slots', 'professional_id', 'professionals'],
  ])('%s.%s', async (table, column, target) => {
    const { client, ours, theirs } = rehearsal;
    const row = { ...anotherRow(ours, table), [column]: theirs.ids[target] };
    const error = await refusal(client, () => insert(client, table, row));
    expect(error).toMatchObject({ code: FOREIGN_KEY, constraint: `${table}_${column}_fkey` });
  });

  it('time_slots.appointment_id', async () => {
    const { client, ours, theirs } = rehearsal;
    const booked = { available: false, appointment_id: theirs.ids.appointments };
    const row = { ...anotherRow(ours, 'time_slots'), ...booked };
    const error = await refusal(client, () => insert(client, 'time_slots', row));
    expect(error).toMatchObject({ code: FOREIGN_KEY, constraint: 'time_slots_appointment_id_fkey' });
  });

  it('professionals.user_id, where the user is a professional over there', async () => {
    const { client, ours, theirs } = rehearsal;
    const row = { ...anotherRow(ours, 'professionals'), user_id: theirs.freshProfessional };
    const error = await refusal(client, () => insert(client, 'professionals', row));
    expect(error).toMatchObject({ code: FOREIGN_KEY, constraint: 'professionals_user_id_fkey' });
  });
});

describe('a profile and the role of its user', () => {
  it('a parent has no profile', async () => {
    const { client, ours } = rehearsal;
    const row = { ...anotherRow(ours, 'professionals'), user_id: ours.ids.users };
    const error = await refusal(client, () => insert(client, 'professionals', row));
    expect(error).toMatchObject({ code: FOREIGN_KEY, constraint: 'professionals_user_id_fkey' });
  });

  it('who has a profile keeps the role', async () => {
    const { client, ours } = rehearsal;
    const demote = (id: string) => client.query(`UPDATE users SET role = 'staff' WHERE id = $1`, [id]);
    const error = await refusal(client, () => demote(ours.professional));
    expect(error).toMatchObject({ code: FOREIGN_KEY, constraint: 'professionals_user_id_fkey' });
    await demote(ours.freshProfessional);
  });
});

describe('deleting', () => {
  it('an organization takes everything it owns, history and money included, and nothing else', async () => {
    const { client, ours, theirs } = rehearsal;
    const past = { ...anotherRow(ours, 'appointments'), ...EXECUTED, scheduled_at: '2025-08-01T13:00Z' };
    const executed = await insert(client, 'appointments', past);
    await insert(client, 'credit_transactions', {
      ...anotherRow(ours, 'credit_transactions'),
      amount: -1,
      transaction_type: 'appointment_debit',
      appointment_id: executed,
    });
    await insert(client, 'time_slots', {
      ...anotherRow(ours, 'time_slots'),
      available: false,
      appointment_id: executed,
    });
    await remove('organizations', ours.organization);
    for (const [table, id] of Object.entries(ours.ids)) expect(await count(table, id), table).toBe(0);
    for (const [table, id] of Object.entries(theirs.ids)) expect(await count(table, id), table).toBe(1);
  });

  it('a user takes posts, likes, roles and profile along', async () => {
    const { client, ours } = rehearsal;
    const user = ours.freshProfessional;
    const own = { organization_id: ours.organization, user_id: user };
    const rows = {
      posts: await insert(client, 'posts', { ...own, content: 'Bye' }),
      likes: await insert(client, 'likes', { ...own, post_id: ours.ids.posts }),
      user_roles: await insert(client, 'user_roles', { ...own, role_id: ours.role }),
      professionals: await insert(client, 'professionals', { ...own, specialization: 'chess' }),
    };
    await remove('users', user);
    for (const [table, id] of Object.entries(rows)) expect(await count(table, id), table).toBe(0);
  });

  it('a post takes its likes along', async () => {
    const { ours } = rehearsal;
    await remove('posts', ours.ids.posts);
    expect(await count('likes', ours.ids.likes)).toBe(0);
  });

  it('a profile takes rules and slots along', async () => {
    const { ours } = rehearsal;
    await remove('professionals', ours.ids.professionals);
    expect(await count('availability_rules', ours.ids.availability_rules)).toBe(0);
    expect(await count('time_slots', ours.ids.time_slots)).toBe(0);
  });

  it('a user who has money, a student or appointments is refused', async () => {
    const { client, ours } = rehearsal;
    const user = ours.ids.users;
    expect(await refusal(client, () => remove('users', user))).toMatchObject({ code: FOREIGN_KEY });
    expect(await refusal(client, () => remove('users', ours.professional))).toMatchObject({
      code: FOREIGN_KEY,
      constraint: 'appointments_professional_id_fkey',
    });
    await remove('credit_transactions', ours.ids.credit_transactions);
    await remove('appointments', ours.ids.appointments);
    await remove('students', ours.ids.students);
    expect(await refusal(client, () => remove('users', user))).toMatchObject({
      constraint: 'credit_balances_user_id_fkey',
    });
    await remove('credit_balances', ours.ids.credit_balances);
    await remove('users', user);
  });

  it('a balance with transactions is refused', async () => {
    const { client, ours } = rehearsal;
    const error = await refusal(client, () => remove('credit_balances', ours.ids.credit_balances));
    expect(error).toMatchObject({ constraint: 'credit_transactions_credit_balance_id_fkey' });
  });

  it('a role that somebody has is refused', async () => {
    const { client, ours } = rehearsal;
    const error = await refusal(client, () => remove('roles', ours.role));
    expect(error).toMatchObject({ constraint: 'user_roles_role_id_fkey' });
  });

  it('a student takes the drafts along, whose slots are free again', async () => {
    const { client, ours } = rehearsal;
    await client.query('UPDATE time_slots SET available = false, appointment_id = $1 WHERE id = $2', [
      ours.ids.appointments,
      ours.ids.time_slots,
    ]);
    await remove('students', ours.ids.students);
    expect(await count('appointments', ours.ids.appointments)).toBe(0);
    const slot = 'SELECT available, appointment_id FROM time_slots WHERE id = $1';
    const { rows } = await client.query(slot, [ours.ids.time_slots]);
    expect(rows).toEqual([{ available: true, appointment_id: null }]);
  });

  it('a student whose appointment was paid is refused', async () => {
    const { client, ours } = rehearsal;
    const paid = { ...anotherRow(ours, 'credit_transactions'), appointment_id: ours.ids.appointments };
    await insert(client, 'credit_transactions', paid);
    const error = await refusal(client, () => remove('students', ours.ids.students));
    expect(error).toMatchObject({ constraint: 'credit_transactions_appointment_id_fkey' });
  });

  it('a student whose appointment was executed is refused', async () => {
    const { client, ours } = rehearsal;
    const past = { ...anotherRow(ours, 'appointments'), ...EXECUTED, scheduled_at: '2025-08-01T13:00Z' };
    const id = await insert(client, 'appointments', past);
    const refused = { code: RESTRICT, message: `appointment ${id} was executed and is kept` };
    expect(await refusal(client, () => remove('students', ours.ids.students))).toMatchObject(refused);
    expect(await refusal(client, () => remove('appointments', id))).toMatchObject(refused);
  });
});
