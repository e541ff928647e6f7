import { readFile } from 'node:fs/promises';
import type pg from 'pg';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TABLES } from '../../examples/backup/migrations/support/tables.js';
import { ROOT } from '../support/cli.js';
import { CAPS, changeOver, NAMES, NORTH, oldInsert } from './backup.js';
import { type Example, openExample, refusal } from './example.js';

describe('after the change-over', () => {
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

  it('tenants are not the application’s to make or to end, and the audit is only added to', async () => {
    await workFor(CAPS, '*');
    for (const sql of [
      `INSERT INTO tenants (id, name) VALUES ('${CAPS}-2', 'Mine')`,
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
    const check = await readFile(`${ROOT}examples/backup/checks/manifest-agrees-with-entries.sql`, 'utf8');
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
