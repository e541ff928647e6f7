import { describe, expect, it } from 'vitest';
import { createLogin, createTestDatabase, serverUrl, useTestDatabase } from './database.js';
import { withClient } from './server.js';

const db = useTestDatabase();

describe('a test database', () => {
  it('is empty, is our own, and takes queries', async () => {
    expect(await db.query('SELECT current_database() AS name')).toEqual([{ name: db.name }]);
    expect(await db.query("SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace")).toEqual([]);
  });

  it('is dropped with its connections, and its logins with it', async () => {
    const other = await createTestDatabase();
    const login = await createLogin(other, 'app', { attributes: 'CREATEROLE' });
    await other.query(`CREATE TABLE t (); ALTER TABLE t OWNER TO "${login.role}"`);
    const client = await other.client();
    await client.query('BEGIN');
    const who = await withClient(login.url, (c) => c.query('SELECT session_user AS role'));
    expect(who.rows).toEqual([{ role: login.role }]);
    await other.drop();
    const left = await withClient(serverUrl(), (c) =>
      c.query('SELECT FROM pg_roles, pg_database WHERE rolname = $1 OR datname = $2', [
        login.role,
        other.name,
      ]),
    );
    expect(left.rowCount).toBe(0);
  });
});
