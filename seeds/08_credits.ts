import type { Knex } from 'knex';
import { forEachOrganization, ORGANIZATIONS, type Organization } from './support/organizations.js';
import { findAppointments, findBalances, findUsers, insertMissing } from './support/rows.js';

interface Entry {
  owner: string;
  amount: number;
  type: 'purchase' | 'appointment_debit' | 'cancellation_refund';
  status: 'pending' | 'completed' | 'failed';
  at: string;
  /** The time of the appointment that was paid. */
  appointment?: string;
}

/** Purchases in every status, debits for what was booked, a refund for what was cancelled. */
export async function seed(knex: Knex): Promise<void> {
  await forEachOrganization(knex, async (organization) => {
    const user = await findUsers(knex, organization);
    const owners = ['elena', 'fabio', 'gloria'].map((owner) => ({ user_id: user(owner) }));
    await insertMissing(knex, organization, 'credit_balances', ['user_id'], owners);
    await insertJournal(knex, organization);
    await settleBalances(knex, organization);
  });
}

/** @param pack differs from one organization to the next, so a balance on the screen tells whose it is */
function journal(pack: number): Entry[] {
  const paid = '2025-08-04T13:00Z';
  const booked = '2025-09-01T14:15Z';
  const cancelled = '2025-08-12T13:00Z';
  return [
    { owner: 'elena', amount: pack, type: 'purchase', status: 'completed', at: '2025-08-01T15:00Z' },
    {
      owner: 'elena',
      amount: -1,
      type: 'appointment_debit',
      status: 'completed',
      at: '2025-08-02T10:00Z',
      appointment: paid,
    },
    {
      owner: 'elena',
      amount: -1,
      type: 'appointment_debit',
      status: 'completed',
      at: '2025-08-20T10:00Z',
      appointment: booked,
    },
    { owner: 'elena', amount: 5, type: 'purchase', status: 'pending', at: '2025-08-25T15:00Z' },
    { owner: 'fabio', amount: 2, type: 'purchase', status: 'completed', at: '2025-08-01T16:00Z' },
    {
      owner: 'fabio',
      amount: -1,
      type: 'appointment_debit',
      status: 'completed',
      at: '2025-08-06T09:00Z',
      appointment: cancelled,
    },
    {
      owner: 'fabio',
      amount: 1,
      type: 'cancellation_refund',
      status: 'completed',
      at: '2025-08-11T09:00Z',
      appointment: cancelled,
    },
    { owner: 'gloria', amount: pack, type: 'purchase', status: 'failed', at: '2025-08-10T15:00Z' },
  ];
}

async function insertJournal(knex: Knex, organization: Organization): Promise<void> {
  const user = await findUsers(knex, organization);
  const balance = await findBalances(knex, organization);
  const appointment = await findAppointments(knex, organization);
  const rows = journal(10 * (ORGANIZATIONS.indexOf(organization) + 1)).map((entry, index) => ({
    user_id: user(entry.owner),
    credit_balance_id: balance(user(entry.owner)),
    appointment_id: entry.appointment === undefined ? null : appointment(entry.appointment),
    amount: entry.amount,
    transaction_type: entry.type,
    status: entry.status,
    payment_method: entry.type === 'purchase' ? 'card' : null,
    payment_reference: entry.type === 'purchase' ? `${organization.slug}-${index + 1}` : null,
    processed_at: entry.status === 'pending' ? null : entry.at,
    created_at: entry.at,
  }));
  const key = ['user_id', 'transaction_type', 'created_at'];
  await insertMissing(knex, organization, 'credit_transactions', key, rows);
}

/** The journal is what counts, also where people went on working with the seeded organizations. */
async function settleBalances(knex: Knex, organization: Organization): Promise<void> {
  await knex.raw(
    `UPDATE credit_balances b SET (balance, lifetime_purchased, lifetime_used) = (
       SELECT coalesce(sum(t.amount), 0),
              coalesce(sum(t.amount) FILTER (WHERE t.transaction_type = 'purchase'), 0),
              coalesce(-sum(t.amount) FILTER (WHERE t.transaction_type <> 'purchase'), 0)
       FROM credit_transactions t
       WHERE t.organization_id = b.organization_id AND t.credit_balance_id = b.id AND t.status = 'completed')
     WHERE b.organization_id = ?`,
    [organization.id],
  );
}
