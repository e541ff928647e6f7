import type pg from 'pg';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MAPS, TABLES } from '../../examples/clinic/migrations/support/tables.js';
import { describeSchema } from '../support/schema.js';
import { NORTH, oldWrites, openAt, PHASES, SOUTH } from './clinic.js';
import { type Example, openExample, refusal } from './example.js';

const TWO = PHASES[1];

describe('phase 3', () => {
  let example: Example;
  let app: pg.Client;
  beforeAll(async () => {
    example = await openExample('clinic');
    await example.migrate();
    await example.seed();
    app = await example.connectApp();
  });
  beforeEach(() => app.query('BEGIN'));
  afterEach(() => app.query('ROLLBACK'));

  const workFor = (clinic: string) => app.query(`SELECT set_config('app.clinic_id', $1, true)`, [clinic]);
  const everything = [
    'clinics',
    ...TABLES.map(({ name }) => name),
    ...Object.values(MAPS),
    'data_migration_reports',
  ];
  const columnOf = (table: string) => (table === 'clinics' ? 'id' : 'clinic_id');

  it('is on everything', async () => {
    const rows = await example.database.query<{ name: string }>(
      `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
       AND relname !~ '^knex' AND relrowsecurity AND relforcerowsecurity ORDER BY 1`,
    );
    expect(rows.map(({ name }) => name)).toEqual([...everything].sort());
  });

  it.each(everything)('%s: a clinic sees and changes its own rows only', async (table) => {
    const column = columnOf(table);
    const seen = async () =>
      (await app.query(`SELECT ctid, ${column} AS clinic FROM ${table} ORDER BY ctid`)).rows;
    await workFor(SOUTH);
    const theirs = await seen();
    expect(new Set(theirs.map(({ clinic }) => clinic))).toEqual(new Set([SOUTH]));
    await workFor(NORTH);
    expect(new Set((await seen()).map(({ clinic }) => clinic))).toEqual(new Set([NORTH]));
    await app.query(`UPDATE ${table} SET ${column} = ${column}`);
    await app.query(`DELETE FROM ${table} WHERE ${column} = '${SOUTH}'`);
    const moved = await app
      .query('SAVEPOINT move')
      .then(() => app.query(`UPDATE ${table} SET ${column} = '${SOUTH}'`))
      .then(
        ({ rowCount }) => rowCount,
        (error: pg.DatabaseError) => error.code,
      );
    await app.query('ROLLBACK TO move');
    expect([0, '42501']).toContain(moved);
    await workFor(SOUTH);
    expect(await seen()).toEqual(theirs);
    await workFor('');
    expect((await refusal(app, `SELECT FROM ${table}`)).message).toBe('no clinic set');
  });

  it('a row needs to name neither its clinic nor the uuids', async () => {
    await workFor(NORTH);
    const { rows } = await app.query(
      `INSERT INTO call_metrics (user_id, day, dialed, connected) VALUES ('north-user-2', '2025-01-01', 2, 1)
       RETURNING clinic_id, clinic_uuid = current_clinic_uuid() AS ours, user_uuid IS NOT NULL AS filled`,
    );
    expect(rows).toEqual([{ clinic_id: NORTH, ours: true, filled: true }]);
    const abroad = `INSERT INTO call_metrics (user_id, day, dialed, connected)
      VALUES ('south-user-2', '2025-01-01', 2, 1)`;
    expect((await refusal(app, abroad)).code).toBe('23502');
  });

  it('the application of before works on, once it says for which clinic', async () => {
    await workFor(NORTH);
    for (const sql of oldWrites) expect((await app.query(sql)).rowCount).toBe(1);
  });

  it('every foreign key between rows of a clinic carries the clinic, and both ids', async () => {
    const keys = await example.database.query<{ name: string; definition: string }>(
      `SELECT conname AS name, pg_get_constraintdef(oid) AS definition FROM pg_constraint
       WHERE contype = 'f' AND conrelid::regclass::text = ANY ($1)`,
      [TABLES.map(({ name }) => name)],
    );
    const expected = TABLES.flatMap(({ name, references }) =>
      references.map(({ column }) => `${name}_${column}_fkey`),
    );
    expect(keys.map(({ name }) => name).sort()).toEqual(expected.sort());
    for (const { name, definition } of keys) {
      expect(definition, name).toMatch(
        /^FOREIGN KEY \(clinic_id, (clinic_uuid|\w+_id, \w+_uuid)\) REFERENCES \w+\((id, uuid|clinic_id, id, uuid)\)/,
      );
    }
  });

  it('the two ids of a reference cannot part, even where the trigger is off', async () => {
    const client = await example.database.client();
    await client.query('BEGIN');
    await client.query('ALTER TABLE patients DISABLE TRIGGER fill_ids');
    const parted = await refusal(
      client,
      `UPDATE patients SET provider_id = 'north-provider-2' WHERE id = 'north-patient-1'`,
    );
    const half = await refusal(
      client,
      `UPDATE patients SET provider_uuid = NULL WHERE id = 'north-patient-1'`,
    );
    await client.query('ROLLBACK');
    expect([parted.code, half.code]).toEqual(['23503', '23514']);
  });

  it('a clinic is not the application’s to end, nor are maps and reports its to change', async () => {
    await workFor(NORTH);
    for (const table of ['clinics', ...Object.values(MAPS), 'data_migration_reports']) {
      expect((await app.query(`DELETE FROM ${table}`)).rowCount, table).toBe(0);
    }
    for (const table of [...Object.values(MAPS), 'data_migration_reports']) {
      expect((await app.query(`UPDATE ${table} SET clinic_id = clinic_id`)).rowCount, table).toBe(0);
    }
  });

  it('stops at ids that name nothing, which phase 1 let in', async () => {
    const { example: fresh, client } = await openAt(TWO);
    const call = `INSERT INTO call_metrics (clinic_id, user_id, day, dialed, connected)
      VALUES ('${NORTH}', 'nobody', '2025-01-01', 2, 1), ('${NORTH}', 'south-user-1', '2025-01-01', 2, 1)`;
    await client.query(call);
    const before = await describeSchema(client);
    await expect(fresh.migrate()).rejects.toThrow(
      'Cannot add foreign keys: rows refer to nothing in their clinic: 2 of call_metrics by user_id. ' +
        'Try: correct or delete these rows',
    );
    expect(await describeSchema(client)).toBe(before);
  });
});
