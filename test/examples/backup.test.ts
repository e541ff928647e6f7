import { readFile } from 'node:fs/promises';
import path from 'node:path';
import knex, { type Knex } from 'knex';
import type pg from 'pg';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TABLES } from '../../examples/backup/migrations/support/tables.js';
import { type BackfillResult, backfillTenant } from '../../src/backfill/run.js';
import { loadModule } from '../../src/module-loader.js';
import { ROOT } from '../support/cli.js';
import { databaseAt } from '../support/connect.js';
import { crashes } from '../support/crash.js';
import { describeSchema } from '../support/schema.js';
import {
  type Example,
  expectIsolated,
  expectReversible,
  openExample,
  refusal,
  runCommand,
  WALK_MS,
} from './example.js';

const NAMES = TABLES.map(({ name }) => name);
const REQUIRE = '20240601090002';
const CAPS = 'caps-automotive';
const NORTH = 'north-harbour';

async function backfill({ url, tenancy }: Example): Promise<BackfillResult> {
  return backfillTenant(await databaseAt(url), tenancy, {
    ...{ tables: [], tenant: CAPS, batchSize: 20, dryRun: false, lockWaitMs: 10_000, onEvent: () => {} },
  });
}

/** The way from the single-tenant product to the last file. */
async function changeOver(example: Example): Promise<void> {
  await expect(example.migrate()).rejects.toThrow('backfill-tenant');
  await backfill(example);
  await example.migrate();
}

/** What the application of before sends: it knows of no tenant. */
const oldInsert = (id: string) =>
  `INSERT INTO devices (id, store_id, hostname, platform) VALUES ('${id}', 'caps_store_1', '${id}', 'linux')`;

describe('the change-over', () => {
  it(
    'every file goes up, down and up again, and all of them down to nothing',
    async () => {
      const example = await openExample('backup');
      await expectReversible(example, { [REQUIRE]: async () => void (await backfill(example)) });
    },
    WALK_MS,
  );

  it(
    'is done by the commands, proven isolated, and undone',
    async () => {
      const example = await openExample('backup');
      const stopped = await runCommand(example, 'migrate');
      expect(stopped).toMatchObject({
        exitCode: 10,
        document: { error: { message: expect.stringContaining('backfill-tenant --tenant caps-automotive') } },
      });
      expect(await runCommand(example, 'backfill-tenant', '--tenant', CAPS)).toMatchObject({ exitCode: 0 });
      expect(await runCommand(example, 'migrate')).toMatchObject({ exitCode: 0 });
      await expectIsolated(example);
      expect(await runCommand(example, 'rollback', '--all', '--yes')).toMatchObject({ exitCode: 0 });
    },
    WALK_MS,
  );

  it('is done by an owner who is no superuser, who seeds and rolls back, too', async () => {
    const example = await openExample('backup', { owner: true });
    await changeOver(example);
    await example.seed();
    await example.rollback({ kind: 'all' });
  });

  it('stops where the column is missing or rows are unfilled, and says what to run', async () => {
    const { database, ...example } = await openExample('backup');
    await expect(example.migrate()).rejects.toThrow(
      /Cannot require tenant_id: no such column in stores, users, .*, notifications\. Try: tenantctl backfill-tenant --tenant caps-automotive/,
    );
    await backfill({ database, ...example });
    await database.query('UPDATE devices SET tenant_id = NULL');
    await expect(example.migrate()).rejects.toThrow(
      'Cannot require tenant_id: devices has 3 rows without it. Try: tenantctl backfill-tenant --tenant caps-automotive',
    );
  });

  it('keeps every row of all 32 tables as it was, but for the new column', async () => {
    expect(NAMES).toHaveLength(32);
    const example = await openExample('backup');
    const contents = async () => {
      const texts: Record<string, unknown[]> = {};
      for (const table of NAMES) {
        const sql = `SELECT (to_jsonb(t) - 'tenant_id')::text AS row FROM ${table} t ORDER BY 1`;
        texts[table] = (await example.database.query<{ row: string }>(sql)).map(({ row }) => row);
      }
      return texts;
    };
    await example.migrate('20240115080003_caps_automotive');
    const before = await contents();
    await changeOver(example);
    expect(await contents()).toEqual(before);
    for (const table of NAMES) {
      const tenants = await example.database.query(`SELECT DISTINCT tenant_id AS id FROM ${table}`);
      expect(tenants, table).toEqual([{ id: CAPS }]);
    }
  });

  it('the application of before goes on inserting until the last file, and its rows are filled', async () => {
    const example = await openExample('backup');
    const last = example.files.at(-1) ?? '';
    for (const file of example.files) {
      if (file.startsWith(REQUIRE)) {
        const result = await backfill(example);
        expect(result.tables.filter(({ remaining }) => remaining > 0)).toEqual([]);
        await example.database.query(oldInsert('after-backfill'));
      }
      if (file === last) continue;
      await example.migrate(file);
      if (file >= '20240115080003') await example.database.query(oldInsert(file));
    }
    const rows = await example.database.query('SELECT FROM devices WHERE tenant_id = $1', [CAPS]);
    expect(rows).toHaveLength(3 + 7);
    await example.migrate();
    await expect(example.database.query(oldInsert('too-late'))).rejects.toMatchObject({
      code: 'TN001',
      message: 'no tenant set',
    });
  });

  it(
    'files outside a transaction end the same after a crash',
    async () => {
      const example = await openExample('backup');
      await expect(example.migrate()).rejects.toThrow();
      await backfill(example);
      const client = await example.database.client();
      const connection = knex({ client: 'pg', connection: example.url, pool: { min: 1, max: 1 } });
      try {
        for (const name of ['20240601090003_validate_tenant', '20240601090004_adopt_tenant_keys']) {
          const file = path.join(ROOT, 'examples/backup/migrations', `${name}.ts`);
          const step = (await loadModule(file)) as unknown as Record<
            'up' | 'down',
            (knex: Knex) => Promise<void>
          >;
          await example.migrate(example.files[example.files.indexOf(`${name}.ts`) - 1]);
          const below = await describeSchema(client);
          await step.up(connection);
          const above = await describeSchema(client);
          await step.down(connection);
          for (const statement of [3, 100, 230]) {
            await crashes(step.up, connection, statement);
            await step.up(connection);
            expect(await describeSchema(client), `${name}: up, crash at ${statement}`).toBe(above);
            await crashes(step.down, connection, statement);
            await step.down(connection);
            expect(await describeSchema(client), `${name}: down, crash at ${statement}`).toBe(below);
          }
          await step.up(connection);
        }
      } finally {
        await connection.destroy();
      }
    },
    WALK_MS,
  );
});

describe('afterwards', () => {
  let example: Example;
  let app: pg.Client;

  beforeAll(async () => {
    example = await openExample('backup');
    await changeOver(example);
    await example.seed();
    app = await example.connectApp();
  });
  beforeEach(() => app.query('BEGIN'));
  afterEach(() => app.query('ROLLBACK'));

  const workFor = (tenant: string, store: string) =>
    app.query(`SELECT set_config('app.tenant_id', $1, true), set_config('app.store_id', $2, true)`, [
      tenant,
      store,
    ]);
  const values = async (sql: string) =>
    (await app.query<{ value: string }>(sql)).rows.map(({ value }) => value);

  it('every index begins with the tenant, every key of a store’s rows with tenant and store', async () => {
    const indexes = await example.database.query<{ name: string; columns: string }>(
      `SELECT indrelid::regclass::text AS name, (SELECT string_agg(attname, ',' ORDER BY n)
         FROM unnest(indkey) WITH ORDINALITY k (attnum, n) JOIN pg_attribute a USING (attnum)
         WHERE a.attrelid = indrelid) AS columns
       FROM pg_index WHERE indrelid::regclass::text = ANY ($1)`,
      [NAMES],
    );
    for (const { name, ofStore } of TABLES) {
      const own = indexes.filter((index) => index.name === name);
      expect(own.length, name).toBeGreaterThan(0);
      const prefix = ofStore ? 'tenant_id,store_id' : 'tenant_id';
      expect(
        own.filter(({ columns }) => !columns.startsWith(prefix)),
        name,
      ).toEqual([]);
    }
  });

  it('the tests know every table', async () => {
    const rows = await example.database.query<{ name: string }>(
      `SELECT attrelid::regclass::text AS name FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
       WHERE attname = 'tenant_id' AND relkind = 'r' AND relrowsecurity AND relforcerowsecurity AND attnotnull ORDER BY 1`,
    );
    expect(rows.map(({ name }) => name)).toEqual([...NAMES].sort());
  });

  it.each(NAMES)('%s: a tenant sees and changes its own rows only', async (table) => {
    for (const tenant of [CAPS, NORTH]) {
      await workFor(tenant, '*');
      expect(await values(`SELECT DISTINCT tenant_id AS value FROM ${table}`)).toEqual([tenant]);
    }
    const foreign = `SELECT ctid, tenant_id, id FROM ${table} ORDER BY ctid`;
    const before = (await app.query(foreign)).rows;
    await workFor(CAPS, '*');
    if (table !== 'audit_events') {
      await app.query('SAVEPOINT write');
      await app.query(`UPDATE ${table} SET id = id`);
      await app.query(`DELETE FROM ${table} WHERE tenant_id = '${NORTH}'`);
    }
    await workFor(NORTH, '*');
    expect((await app.query(foreign)).rows).toEqual(before);
    await workFor(CAPS, '*');
    const move = await refusal(app, `UPDATE ${table} SET tenant_id = '${NORTH}'`);
    expect(move.code).toBe('42501');
  });

  it.each(TABLES.filter(({ ofStore }) => ofStore).map(({ name }) => name))(
    '%s: a store sees its own rows only',
    async (table) => {
      await workFor(CAPS, 'caps_store_2');
      expect(await values(`SELECT DISTINCT store_id AS value FROM ${table}`)).toEqual(['caps_store_2']);
      if (table === 'audit_events') return;
      const move = await refusal(app, `UPDATE ${table} SET store_id = 'caps_store_1'`);
      expect(move.code).toBe('42501');
    },
  );

  it('a store is below its tenant: another tenant’s store opens nothing', async () => {
    await workFor(CAPS, 'north_store_1');
    expect(await values('SELECT id AS value FROM stores')).toEqual([]);
    expect(await values('SELECT id AS value FROM devices')).toEqual([]);
    await workFor(CAPS, 'caps_store_1');
    expect(await values('SELECT id AS value FROM stores')).toEqual(['caps_store_1']);
  });

  it('neither level is silently everything', async () => {
    await workFor('', '*');
    expect((await refusal(app, 'SELECT FROM devices')).message).toBe('no tenant set');
    await workFor(CAPS, '');
    expect((await refusal(app, 'SELECT FROM devices')).message).toBe('no store set');
    expect((await refusal(app, oldInsert('x'))).code).toBe('TN001');
    await workFor(CAPS, '*');
    const star = `INSERT INTO stores (id, code, name) VALUES ('*', 'star', 'Star')`;
    expect((await refusal(app, star)).code).toBe('23514');
  });

  it('two tenants may have the same ids, and references stay within tenant and store', async () => {
    const store = `INSERT INTO stores (id, code, name) VALUES ('caps_store_1', 'caps_code_1', 'Same')`;
    await workFor(NORTH, '*');
    expect((await app.query(store)).rowCount).toBe(1);
    const agent = (storeId: string) =>
      `INSERT INTO device_agents (id, store_id, device_id, version) VALUES ('x', '${storeId}', 'north_device_2', '1')`;
    expect((await refusal(app, agent('north_store_1'))).code).toBe('23503');
    expect((await app.query(agent('north_store_2'))).rowCount).toBe(1);
  });

  it('a tenant signs up as itself, is not the application’s to end, and its audit is only added to', async () => {
    await workFor('mine', '*');
    const signUp = await app.query(`INSERT INTO tenants (id, name) VALUES ('mine', 'Mine')`);
    expect(signUp.rowCount).toBe(1);
    await workFor(CAPS, '*');
    for (const sql of [
      `INSERT INTO tenants (id, name) VALUES ('yours', 'Yours')`,
      `UPDATE tenants SET name = 'x'`,
      'DELETE FROM tenants',
      `UPDATE audit_events SET action = 'x'`,
      'DELETE FROM audit_events',
    ]) {
      expect((await refusal(app, sql)).code, sql).toBe('42501');
    }
  });

  it('a query for one tenant takes far less than 100 ms on average', async () => {
    await workFor(CAPS, '*');
    const timesMs: number[] = [];
    for (const table of NAMES) {
      const { rows } = await app.query<{ 'QUERY PLAN': [{ 'Execution Time': number }] }>(
        `EXPLAIN (ANALYZE, FORMAT JSON) SELECT * FROM ${table}`,
      );
      timesMs.push(rows[0]?.['QUERY PLAN'][0]['Execution Time'] ?? Number.NaN);
    }
    expect(timesMs.reduce((sum, ms) => sum + ms, 0) / timesMs.length).toBeLessThan(100);
  });

  it('seeds run twice change nothing', async () => {
    const count = () => example.database.query('SELECT count(*)::int AS n FROM manifest_entries');
    const first = await count();
    await example.seed();
    expect(await count()).toEqual(first);
  });

  it('the scripted check finds nothing, then the manifest that lost a file', async () => {
    const client = await example.database.client();
    const check = await readFile(
      path.join(ROOT, 'examples/backup/checks/manifest-agrees-with-entries.sql'),
      'utf8',
    );
    await client.query('BEGIN');
    const clean = await client.query(check);
    await client.query(`DELETE FROM manifest_entries WHERE id = 'north_entry_1_2_1'`);
    const { rows } = await client.query(check);
    await client.query('ROLLBACK');
    expect(clean.rows).toEqual([]);
    expect(rows).toEqual([
      {
        object: 'backup_manifests',
        detail:
          'manifest north_manifest_1_2 of tenant north-harbour, store north_store_1: 3 files of 600 bytes, but entries of 2 files of 400 bytes',
      },
    ]);
  });

  it('ending a tenant takes its rows in every table and nobody else’s', async () => {
    const client = await example.database.client();
    await client.query('BEGIN');
    await client.query('DELETE FROM tenants WHERE id = $1', [NORTH]);
    for (const table of NAMES) {
      const { rows } = await client.query(`SELECT DISTINCT tenant_id AS id FROM ${table}`);
      expect(rows, table).toEqual([{ id: CAPS }]);
    }
    await client.query('ROLLBACK');
  });
});
