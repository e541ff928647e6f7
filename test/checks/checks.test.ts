import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { useTestDatabase } from '../support/database.js';

const DIRECTORY = fileURLToPath(new URL('../../checks/', import.meta.url));
const files = (await readdir(DIRECTORY)).sort();

const database = useTestDatabase({ template: 'booking-seeded' });

/** Plants a fault behind the constraints' back, runs a check read-only as an auditor does, and takes the fault back. */
async function findings(file: string, ...faults: string[]): Promise<{ object: string; detail: string }[]> {
  const client = await database.client();
  await client.query('BEGIN');
  await client.query('SET LOCAL session_replication_role = replica');
  for (const fault of faults) await client.query(fault);
  await client.query('SET LOCAL row_security = off');
  await client.query('SET TRANSACTION READ ONLY');
  const { rows } = await client.query<{ object: string; detail: string }>(
    await readFile(`${DIRECTORY}${file}`, 'utf8'),
  );
  await client.query('ROLLBACK');
  return rows;
}

describe.each(files)('%s', (file) => {
  it('says what it looks for, how bad it is and what to do', async () => {
    const header = (await readFile(`${DIRECTORY}${file}`, 'utf8')).split('\n').slice(0, 3);
    expect(header).toEqual([
      expect.stringMatching(/^-- title: \S/),
      '-- severity: error',
      expect.stringMatching(/^-- remedy: \S/),
    ]);
  });

  it('finds nothing in the seeds', async () => {
    expect(await findings(file)).toEqual([]);
  });
});

describe('balance-matches-transactions.sql', () => {
  const file = 'balance-matches-transactions.sql';

  it('names the balance that was changed without a transaction', async () => {
    const rows = await findings(file, 'UPDATE credit_balances SET balance = 9 WHERE balance = 8');
    expect(rows).toEqual([
      {
        object: 'credit_balances',
        detail: expect.stringMatching(/^balance 9 .*its completed transactions sum up to 8$/),
      },
    ]);
  });

  it('counts completed transactions only, and misses none where all are gone', async () => {
    expect(await findings(file, `DELETE FROM credit_transactions WHERE status <> 'completed'`)).toEqual([]);
    expect(await findings(file, 'DELETE FROM credit_transactions')).toHaveLength(6);
  });
});

describe('appointment-stays-in-organization.sql', () => {
  const file = 'appointment-stays-in-organization.sql';
  const foreign = (table: string) =>
    `(SELECT id FROM ${table} WHERE organization_id = '20000000-0000-4000-8000-000000000002' ORDER BY id LIMIT 1)`;
  const draft = `WHERE state = 'draft' AND organization_id = '10000000-0000-4000-8000-000000000001'`;

  it.each([
    ['professional', 'users'],
    ['student', 'students'],
    ['client', 'users'],
  ])('names the foreign %s', async (part, table) => {
    const rows = await findings(file, `UPDATE appointments SET ${part}_id = ${foreign(table)} ${draft}`);
    const detail = expect.stringMatching(
      new RegExp(
        `organization 1.*: ${part} \\d+ belongs to organization 20000000-0000-4000-8000-000000000002$`,
      ),
    );
    expect(rows).toEqual([{ object: 'appointments', detail }]);
  });
});
