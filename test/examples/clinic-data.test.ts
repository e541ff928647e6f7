import { readFile } from 'node:fs/promises';
import type pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../support/cli.js';
import { ADDED, NORTH, openAt, PHASES } from './clinic.js';

const [, , THREE, FOUR] = PHASES;

describe('phase 4', () => {
  let client: pg.Client;
  beforeAll(async () => {
    ({ client } = await openAt(FOUR));
  });

  it('moves every row, and reports equal counts and checksums of both sides', async () => {
    const { rows } = await client.query<Record<string, string | number>>(
      'SELECT clinic_id, move, source_rows, moved_rows, source_checksum, moved_checksum FROM data_migration_reports',
    );
    for (const row of rows) {
      expect(row.moved_rows).toBe(row.source_rows);
      expect(row.moved_checksum).toBe(row.source_checksum);
      expect(row.source_checksum).not.toBe('d41d8cd98f00b204e9800998ecf8427e');
    }
    expect(Object.fromEntries(rows.map((row) => [`${row.clinic_id} ${row.move}`, row.moved_rows]))).toEqual({
      'clinic-north roles of users': 4,
      'clinic-north appointments': 12,
      'clinic-north production of appointments': 3,
      'clinic-north collection of appointments': 3,
      'clinic-north registrations of patients': 2,
      'clinic-north production by month': 3,
      'clinic-south roles of users': 4,
      'clinic-south appointments': 8,
      'clinic-south production of appointments': 2,
      'clinic-south collection of appointments': 2,
      'clinic-south registrations of patients': 2,
      'clinic-south production by month': 2,
    });
  });

  it('transforms ids: what was moved is named by the uuid of its source', async () => {
    const { rows } = await client.query(
      `SELECT FROM appointment_metrics t JOIN appointments a ON a.id = t.appointment_id
       WHERE t.id = a.uuid::text AND t.appointment_uuid = a.uuid AND t.provider_uuid = a.provider_uuid`,
    );
    expect(rows).toHaveLength(20);
  });

  // A fault of the kind a migration really has: something between the two rounds, swaps, or drops.
  it.each([
    [
      'an amount changed on the way',
      'financial_metrics',
      `NEW.amount := round(NEW.amount)`,
      'production of appointments',
    ],
    [
      'a provider mistaken for another',
      'appointment_metrics',
      `NEW.provider_uuid := (SELECT uuid FROM providers WHERE id = 'north-provider-2')`,
      'appointments',
    ],
    [
      'a row lost',
      'patient_metrics',
      `IF NEW.provider_uuid IS NULL THEN RETURN NULL; END IF`,
      'registrations of patients',
    ],
  ])('%s is found, and nothing is left behind', async (_, table, fault, move) => {
    const { example, client: before } = await openAt(THREE);
    await before.query(`CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN ${fault}; RETURN NEW; END $$`);
    // Before fill_ids, which would otherwise have the last word.
    await before.query(
      `CREATE TRIGGER a_spoil BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION spoil()`,
    );
    await expect(example.migrate()).rejects.toThrow(
      new RegExp(
        `Cannot move ${move} of clinic-north: \\d+ rows with checksum \\w+ became \\d+ rows with checksum`,
      ),
    );
    for (const each of ADDED) expect((await before.query(`SELECT FROM ${each}`)).rowCount, each).toBe(0);
  });

  it('its rollback takes back what it brought, not what people entered since', async () => {
    const { example, client: undone } = await openAt(FOUR);
    await undone.query(`INSERT INTO financial_metrics (clinic_id, clinic_uuid, day, kind, amount)
      SELECT id, uuid, '2025-06-01', 'production', 12.34 FROM clinics`);
    await example.rollback({ kind: 'to', name: THREE });
    const { rows } = await undone.query('SELECT source, amount FROM financial_metrics');
    expect(rows).toEqual([
      { source: 'manual', amount: '12.34' },
      { source: 'manual', amount: '12.34' },
    ]);
    await example.migrate();
    expect((await undone.query('SELECT FROM financial_metrics')).rowCount).toBe(2 + 10);
  });

  it('the scripted check finds nothing, then the month that somebody changed', async () => {
    const check = await readFile(`${ROOT}examples/clinic/checks/aggregation-matches-metrics.sql`, 'utf8');
    expect((await client.query(check)).rows).toEqual([]);
    await client.query(`UPDATE financial_metrics SET amount = amount + 1
      WHERE clinic_id = '${NORTH}' AND kind = 'production' AND day < '2024-11-01'`);
    expect((await client.query(check)).rows).toEqual([
      {
        object: 'metric_aggregations',
        detail:
          'production of clinic-north in 2024-10: 100.50 from 1 rows, but its financial metrics sum up to 101.50 from 1 rows',
      },
    ]);
  });
});
