import type { Knex } from 'knex';
import { forEachClinic } from '../migrations/support/clinics.js';

/** What the new tables are for, in each clinic: a goal, calls, and a spreadsheet that figures come from. */
export async function seed(knex: Knex): Promise<void> {
  await forEachClinic(knex, async (clinic_id) => {
    const user: { id: string } | undefined = await knex('users')
      .where({ clinic_id })
      .orderBy('id')
      .first('id');
    if (!user) return;
    const insertMissing = (table: string, row: Record<string, unknown>) =>
      knex(table)
        .insert({ clinic_id, ...row })
        .onConflict(['clinic_id', 'id'])
        .ignore();
    await insertMissing('goal_templates', {
      ...{
        id: 'goal-1',
        name: 'Monthly production',
        metric: 'production',
        period: 'month',
        target: '25000.00',
      },
    });
    await insertMissing('call_metrics', {
      ...{ id: 'calls-1', user_id: user.id, day: '2025-06-02', dialed: 20, connected: 12 },
    });
    await insertMissing('google_credentials', {
      ...{ id: 'credential-1', user_id: user.id, expires_at: '2025-06-02T10:00:00Z' },
      ...{ access_token_encrypted: Buffer.from('sealed'), refresh_token_encrypted: Buffer.from('sealed') },
    });
    await insertMissing('spreadsheet_connections', {
      ...{ id: 'connection-1', credential_id: 'credential-1', spreadsheet: 'Figures', sheet: 'June' },
    });
    await insertMissing('column_mappings_v2', {
      ...{ id: 'mapping-1', connection_id: 'connection-1', mapping: JSON.stringify({ B: 'production' }) },
    });
  });
}
