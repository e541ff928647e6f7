import { describe, expect, it } from 'vitest';
import { useRehearsal } from './rehearsal.js';
import { anotherRow, insert, type Row, refusal, type TenantTable } from './tenant.js';

const AT = '2025-09-01T10:00Z';

interface Machine {
  table: TenantTable;
  column: string;
  /** What a row in each state also needs. */
  states: Record<string, Row>;
  legal: readonly string[];
}

const MACHINES: readonly Machine[] = [
  {
    table: 'appointments',
    column: 'state',
    states: {
      draft: { confirmed_at: null, executed_at: null, cancelled_at: null },
      confirmed: { confirmed_at: AT, executed_at: null, cancelled_at: null },
      executed: { confirmed_at: AT, executed_at: AT, cancelled_at: null },
      cancelled: { confirmed_at: null, executed_at: null, cancelled_at: AT },
    },
    legal: ['draft → confirmed', 'draft → cancelled', 'confirmed → executed', 'confirmed → cancelled'],
  },
  {
    table: 'students',
    column: 'admission_state',
    states: {
      prospect: { admission_date: null, discharge_date: null },
      admitted: { admission_date: '2025-03-01', discharge_date: null },
      discharged: { admission_date: '2025-03-01', discharge_date: '2025-08-01' },
    },
    legal: ['prospect → admitted', 'admitted → discharged', 'discharged → admitted'],
  },
  {
    table: 'credit_transactions',
    column: 'status',
    states: {
      pending: { processed_at: null },
      completed: { processed_at: AT },
      failed: { processed_at: AT },
    },
    legal: ['pending → completed', 'pending → failed'],
  },
];

const rehearsal = useRehearsal();

describe.each(MACHINES)('$table.$column', ({ table, column, states, legal }) => {
  const names = Object.keys(states);
  const steps = names.flatMap((from) => names.map((to) => ({ from, to })));

  async function change(from: string, to: string): Promise<void> {
    const { client, ours } = rehearsal;
    const id = await insert(client, table, { ...anotherRow(ours, table), ...states[from], [column]: from });
    const after = { ...states[to], [column]: to };
    const assignments = Object.keys(after).map((name, index) => `${name} = $${index + 2}`);
    await client.query(`UPDATE ${table} SET ${assignments.join(', ')} WHERE id = $1`, [
      id,
      ...Object.values(after),
    ]);
  }

  const isLegal = ({ from, to }: { from: string; to: string }) =>
    legal.includes(`${from} → ${to}`) || from === to;

  it.each(steps.filter(isLegal))('$from → $to', async ({ from, to }) => {
    await change(from, to);
  });

  it.each(steps.filter((step) => !isLegal(step)))('not $from → $to', async ({ from, to }) => {
    const error = await refusal(rehearsal.client, () => change(from, to));
    expect(error).toMatchObject({
      code: '23514',
      table,
      message: `illegal transition of ${table}.${column} from ${from} to ${to}`,
    });
  });

  it('is not evaded by a trigger that changes the row on its way', async () => {
    const { client, ours } = rehearsal;
    const [first = '', , last = ''] = names;
    const id = await insert(client, table, { ...anotherRow(ours, table), ...states[last], [column]: last });
    const error = await refusal(client, async () => {
      const values = { ...states[first], [column]: first };
      const assignments = Object.entries(values).map(
        ([name, value]) => `NEW.${name} := ${value === null ? 'NULL' : `'${value}'`};`,
      );
      await client.query(`CREATE FUNCTION pg_temp.meddle() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN ${assignments.join(' ')} RETURN NEW; END $$`);
      await client.query(`CREATE TRIGGER zz_meddle BEFORE UPDATE ON ${table}
        FOR EACH ROW EXECUTE FUNCTION pg_temp.meddle()`);
      await client.query(`UPDATE ${table} SET updated_at = now() WHERE id = $1`, [id]);
    });
    expect(error.message).toBe(`illegal transition of ${table}.${column} from ${last} to ${first}`);
  });
});
