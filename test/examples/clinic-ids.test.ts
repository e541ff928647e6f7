import type pg from 'pg';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MAPS, TABLES } from '../../examples/clinic/migrations/support/tables.js';
import { NORTH, openAt, PHASES, SOUTH } from './clinic.js';
import { refusal } from './example.js';

const TWO = PHASES[1];

describe('phase 2', () => {
  let client: pg.Client;
  beforeAll(async () => {
    ({ client } = await openAt(TWO));
  });
  beforeEach(() => client.query('BEGIN'));
  afterEach(() => client.query('ROLLBACK'));

  const uuidOf = async (table: string, id: string) =>
    (await client.query<{ uuid: string }>(`SELECT uuid FROM ${table} WHERE id = $1`, [id])).rows[0]?.uuid;
  const call = (columns: string, values: string) =>
    `INSERT INTO call_metrics (id, day, dialed, connected, ${columns}) VALUES ('c', '2025-01-01', 2, 1, ${values})
     RETURNING clinic_id, clinic_uuid, user_id, user_uuid`;

  it('knows every row that was there by both ids', async () => {
    for (const [entity, map] of Object.entries(MAPS)) {
      const clinic = entity === 'clinics' ? 'e.id' : 'e.clinic_id';
      const { rows } = await client.query(
        `SELECT FROM ${entity} e FULL JOIN ${map} m ON m.id = e.id AND m.uuid = e.uuid AND m.clinic_id = ${clinic}
         WHERE m.id IS NULL OR e.id IS NULL`,
      );
      expect(rows, map).toEqual([]);
    }
    for (const { name, references } of TABLES) {
      for (const { column, uuid } of references) {
        const sql = `SELECT FROM ${name} WHERE (${column} IS NULL) <> (${uuid} IS NULL)`;
        expect((await client.query(sql)).rows, `${name}.${uuid}`).toEqual([]);
      }
    }
  });

  it.each([
    ['text ids', (north: string, user: string) => [`'${NORTH}'`, `'north-user-1'`, '', '', north, user]],
    ['uuids', (north: string, user: string) => ['', '', `'${north}'`, `'${user}'`]],
    ['one of each', (north: string) => ['', `'north-user-1'`, `'${north}'`, '']],
    [
      'all four',
      (north: string, user: string) => [`'${NORTH}'`, `'north-user-1'`, `'${north}'`, `'${user}'`],
    ],
  ])('a row written with %s has both', async (_, write) => {
    const clinic_uuid = (await uuidOf('clinics', NORTH)) ?? '';
    const user_uuid = (await uuidOf('users', 'north-user-1')) ?? '';
    const given = write(clinic_uuid, user_uuid).slice(0, 4);
    const columns = ['clinic_id', 'user_id', 'clinic_uuid', 'user_uuid'].filter(
      (_column, index) => given[index],
    );
    const { rows } = await client.query(call(columns.join(', '), given.filter(Boolean).join(', ')));
    expect(rows).toEqual([{ clinic_id: NORTH, clinic_uuid, user_id: 'north-user-1', user_uuid }]);
  });

  it('a row whose ids name two different users is refused', async () => {
    const other = await uuidOf('users', 'north-user-2');
    const sql = call('clinic_id, user_id, user_uuid', `'${NORTH}', 'north-user-1', '${other}'`);
    expect(await refusal(client, sql)).toMatchObject({
      code: '23514',
      message: 'user_id and user_uuid name two different rows',
    });
  });

  it('a changed id takes the other along, in both directions, and so does NULL', async () => {
    const one = `WHERE id = 'north-patient-1' RETURNING provider_id, provider_uuid`;
    const second = await uuidOf('providers', 'north-provider-2');
    const first = await uuidOf('providers', 'north-provider-1');
    const set = async (what: string) => (await client.query(`UPDATE patients SET ${what} ${one}`)).rows;
    expect(await set(`provider_id = 'north-provider-2'`)).toEqual([
      { provider_id: 'north-provider-2', provider_uuid: second },
    ]);
    expect(await set(`provider_uuid = '${first}'`)).toEqual([
      { provider_id: 'north-provider-1', provider_uuid: first },
    ]);
    expect(await set('provider_uuid = NULL')).toEqual([{ provider_id: null, provider_uuid: null }]);
  });

  it('new rows are mapped, deleted ones no longer, and neither id changes alone', async () => {
    const mapped = async () =>
      (await client.query(`SELECT clinic_id, uuid FROM patient_id_map WHERE id = 'p'`)).rows;
    await client.query(`INSERT INTO patients (id, clinic_id, full_name, registered_on)
      VALUES ('p', '${SOUTH}', 'P', '2025-01-01')`);
    expect(await mapped()).toEqual([{ clinic_id: SOUTH, uuid: await uuidOf('patients', 'p') }]);
    const change = await refusal(client, `UPDATE patients SET uuid = gen_random_uuid() WHERE id = 'p'`);
    expect(change.code).toBe('23503');
    await client.query(`DELETE FROM patients WHERE id = 'p'`);
    expect(await mapped()).toEqual([]);
  });

  it('values that no id is about come through the trigger unchanged', async () => {
    const sql = `INSERT INTO google_credentials (clinic_id, user_id, access_token_encrypted, refresh_token_encrypted,
        expires_at, scopes) VALUES ($1, 'north-user-1', $2, $3, '2025-01-01T00:00:00.123456Z', $4)
      RETURNING access_token_encrypted, expires_at = '2025-01-01T00:00:00.123456Z' AS exact, scopes`;
    const bytes = Buffer.from([0, 255, 92]);
    const { rows } = await client.query(sql, [NORTH, bytes, bytes, ['a b', '{"']]);
    expect(rows).toEqual([{ access_token_encrypted: bytes, exact: true, scopes: ['a b', '{"'] }]);
  });
});
