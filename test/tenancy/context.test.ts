import type pg from 'pg';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { setContext } from '../../src/tenancy/context.js';
import { useTestDatabase } from '../support/database.js';

const db = useTestDatabase();
let client: pg.Client;
beforeAll(async () => {
  client = await db.client();
});
beforeEach(() => client.query('BEGIN'));
afterEach(() => client.query('ROLLBACK'));

async function setting(name: string): Promise<unknown> {
  const { rows } = await client.query('SELECT current_setting($1, true) AS value', [name]);
  return rows[0].value;
}

describe('setContext', () => {
  it('sets the setting for this transaction only, whatever the key holds', async () => {
    const odd = `a'; DROP TABLE x; --`;
    await setContext(client, { setting: 'app.tenant_id' }, odd);
    expect(await setting('app.tenant_id')).toBe(odd);
    await client.query('COMMIT');
    expect(await setting('app.tenant_id')).toBe('');
    await client.query('BEGIN');
  });

  it('runs the statements of the configuration, with and without the key', async () => {
    const sql = [
      `SELECT set_config('app.claims', json_build_object('tenant', $1::text)::text, true) -- not $2`,
      `SET LOCAL app.role = 'teacher'`,
    ];
    await setContext(client, { sql }, 't1');
    expect(await setting('app.claims')).toBe('{"tenant" : "t1"}');
    expect(await setting('app.role')).toBe('teacher');
  });

  it('passes the database’s own error on', async () => {
    await expect(setContext(client, { sql: ['SELECT $1::uuid'] }, 'x')).rejects.toMatchObject({
      code: '22P02',
    });
  });
});
