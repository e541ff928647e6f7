import { readFile } from 'node:fs/promises';
import type pg from 'pg';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MAPS, TABLES } from '../../examples/clinic/migrations/support/tables.js';
import { ROOT } from '../support/cli.js';
import { describeSchema } from '../support/schema.js';
import { type Example, expectIsolated, openExample, refusal, runCommand, WALK_MS } from './example.js';

const BEFORE = '20250110000002_two_clinics';
const PHASES = [
  '20250201000001_phase_1_additive_tables',
  '20250301000001_phase_2_dual_ids',
  '20250401000001_phase_3_row_level_security',
  '20250501000001_phase_4_move_data',
] as const;
const [ONE, TWO, THREE, FOUR] = PHASES;
const NORTH = 'clinic-north';
const SOUTH = 'clinic-south';
const EXISTED = ['users', 'providers', 'patients', 'appointments'];
const ADDED = TABLES.map(({ name }) => name).filter((name) => !EXISTED.includes(name));

async function at(phase: string): Promise<{ example: Example; client: pg.Client }> {
  const example = await openExample('clinic');
  await example.migrate(phase);
  return { example, client: await example.database.client() };
}

/** What the application of before sends: text ids only. */
const oldWrites = [
  `INSERT INTO patients (id, clinic_id, provider_id, full_name, registered_on)
   VALUES ('old', '${NORTH}', 'north-provider-1', 'Old', '2025-01-01')`,
  `UPDATE patients SET provider_id = 'north-provider-2' WHERE id = 'old'`,
  `DELETE FROM patients WHERE id = 'old'`,
];

describe('the four phases', () => {
  it(
    'rollback --to a phase leaves exactly its schema, and the application of before works on',
    async () => {
      const example = await openExample('clinic');
      const client = await example.database.client();
      const empty = await describeSchema(client);
      await example.migrate(BEFORE);
      // What the application sets from phase 3 on, and nobody asks for before.
      await client.query(`SELECT set_config('app.clinic_id', $1, false)`, [NORTH]);
      const schemas = new Map([[BEFORE as string, await describeSchema(client)]]);
      const backTo = async (name: string) => {
        await example.rollback({ kind: 'to', name });
        expect(await describeSchema(client), `back to ${name}`).toBe(schemas.get(name));
      };
      const expectToWork = async (after: string) => {
        for (const sql of oldWrites) expect((await client.query(sql)).rowCount, after).toBe(1);
      };
      for (const [index, phase] of PHASES.entries()) {
        await example.migrate(phase);
        schemas.set(phase, await describeSchema(client));
        await backTo(PHASES[index - 1] ?? BEFORE);
        await expectToWork(`the rollback of ${phase}`);
        await example.migrate(phase);
        expect(await describeSchema(client), `${phase} again`).toBe(schemas.get(phase));
        await expectToWork(phase);
      }
      await backTo(ONE);
      await example.migrate();
      await backTo(BEFORE);
      await example.rollback({ kind: 'all' });
      expect(await describeSchema(client)).toBe(empty);
    },
    WALK_MS,
  );

  it(
    'are gone through by the commands, proven isolated, and gone back one by one',
    async () => {
      const example = await openExample('clinic');
      expect(await runCommand(example, 'migrate', '--to', TWO)).toMatchObject({ exitCode: 0 });
      expect(await runCommand(example, 'migrate')).toMatchObject({ exitCode: 0 });
      await expectIsolated(example);
      for (const phase of [THREE, TWO, ONE]) {
        expect(await runCommand(example, 'rollback', '--to', phase, '--yes')).toMatchObject({ exitCode: 0 });
      }
      expect(await runCommand(example, 'rollback', '--all', '--yes')).toMatchObject({ exitCode: 0 });
    },
    WALK_MS,
  );

  it('what existed comes through them and back as it was', async () => {
    const { example, client } = await at(BEFORE);
    const contents = async () => {
      const texts: unknown[] = [];
      for (const table of ['clinics', ...EXISTED]) {
        texts.push((await client.query(`SELECT to_jsonb(t) FROM ${table} t ORDER BY id`)).rows);
      }
      return texts;
    };
    const before = await contents();
    await example.migrate();
    await example.rollback({ kind: 'to', name: BEFORE });
    expect(await contents()).toEqual(before);
  });

  it('are gone through by an owner who is no superuser, who seeds and rolls back, too', async () => {
    const example = await openExample('clinic', { owner: true });
    await example.migrate();
    await example.seed();
    const moved = await example.database.query(`SELECT FROM appointment_metrics WHERE source = 'migration'`);
    expect(moved).toHaveLength(20);
    await example.rollback({ kind: 'to', name: THREE });
    expect(await example.database.query(`SELECT FROM appointment_metrics`)).toHaveLength(0);
    await example.rollback({ kind: 'all' });
  });
});

describe('phase 1', () => {
  it('adds ten tables and leaves every line of what exists', async () => {
    expect(ADDED).toHaveLength(10);
    const { example, client } = await at(BEFORE);
    const before = (await describeSchema(client)).split('\n');
    await example.migrate(ONE);
    const after = (await describeSchema(client)).split('\n');
    expect(before.filter((line) => !after.includes(line))).toEqual([]);
    const news = after.filter((line) => !before.includes(line));
    expect(news.filter((line) => !ADDED.some((table) => line.includes(table)))).toEqual([]);
    expect(news.filter((line) => line.includes('FOREIGN KEY'))).toEqual([]);
  });

  it('has text ids, jsonb, and money of explicit precision', async () => {
    const { client } = await at(ONE);
    const types = async (condition: string) =>
      (
        await client.query<{ type: string }>(
          `SELECT DISTINCT format_type(atttypid, atttypmod) AS type FROM pg_attribute
         WHERE attrelid::regclass::text = ANY ($1) AND attnum > 0 AND ${condition} ORDER BY 1`,
          [ADDED],
        )
      ).rows.map(({ type }) => type);
    expect(await types(`attname ~ '(^|_)id$'`)).toEqual(['text']);
    expect(await types(`attname IN ('amount', 'production_amount', 'value', 'target')`)).toEqual([
      'numeric(12,2)',
      'numeric(14,2)',
    ]);
    expect(await types(`attname IN ('mapping', 'settings', 'metadata')`)).toEqual(['jsonb']);
  });
});

describe('phase 2', () => {
  let client: pg.Client;
  beforeAll(async () => {
    ({ client } = await at(TWO));
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
    const { example: fresh, client } = await at(TWO);
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

describe('phase 4', () => {
  let client: pg.Client;
  beforeAll(async () => {
    ({ client } = await at(FOUR));
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
    const { example, client: before } = await at(THREE);
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
    const { example, client: undone } = await at(FOUR);
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
