import type pg from 'pg';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ContextConfig } from '../../src/tenancy/config.js';
import { contextStatements } from '../../src/tenancy/context.js';
import { useTestDatabase } from '../support/database.js';

const db = useTestDatabase();
let client: pg.Client;
beforeAll(async () => {
  client = await db.client();
});
beforeEach(() => client.query('BEGIN'));
afterEach(() => client.query('ROLLBACK'));

async function become(context: ContextConfig, tenant: string): Promise<void> {
  for (const { text, values } of (await contextStatements(context))(tenant)) await client.query(text, values);
}

async function setting(name: string): Promise<unknown> {
  const { rows } = await client.query('SELECT current_setting($1, true) AS value', [name]);
  return rows[0].value;
}

describe('contextStatements', () => {
  it('set the setting for this transaction only, whatever the key holds', async () => {
    const odd = `a'; DROP TABLE x; --`;
    await become({ setting: 'app.tenant_id' }, odd);
    expect(await setting('app.tenant_id')).toBe(odd);
    await client.query('COMMIT');
    expect(await setting('app.tenant_id')).toBe('');
    await client.query('BEGIN');
  });

  it('are those of the configuration, with and without the key', async () => {
    const sql = [
      `SELECT set_config('app.claims', json_build_object('tenant', $1::text)::text, true) -- not $2`,
      `SET LOCAL app.role = 'teacher'`,
    ];
    await become({ sql }, 't1');
    expect(await setting('app.claims')).toBe('{"tenant" : "t1"}');
    expect(await setting('app.role')).toBe('teacher');
  });
});
