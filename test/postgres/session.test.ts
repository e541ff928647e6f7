import { expect, it } from 'vitest';
import { settleSession } from '../../src/postgres/session.js';
import { createLogin, useTestDatabase } from '../support/database.js';
import { withClient } from '../support/server.js';

const db = useTestDatabase();

const setting = async (client: Awaited<ReturnType<typeof db.client>>, name: string) => {
  const { rows } = await client.query<{ value: string | null }>('select current_setting($1, true) as value', [
    name,
  ]);
  return rows[0]?.value;
};

it('takes back every SET, role included, and keeps what was settled', async () => {
  const { role } = await createLogin(db, 'other');
  const client = await db.client();
  await client.query("set client_connection_check_interval = '1s'; set tcp_user_timeout = '45s'");
  const session = await settleSession(client, '60s');
  const path = await setting(client, 'search_path');
  const who = await client.query('select session_user as session, current_user as role');
  await client.query(
    `set search_path = ''; set lock_timeout = 0; set app.tenant = 'x'; set session authorization "${role}"`,
  );
  await session.restore();
  expect(await setting(client, 'search_path')).toBe(path);
  expect(await setting(client, 'lock_timeout')).toBe('1min');
  expect(await setting(client, 'client_connection_check_interval')).toBe('1s');
  expect(await setting(client, 'tcp_user_timeout')).toBe('45000');
  expect(await setting(client, 'app.tenant')).toBe('');
  expect((await client.query('select session_user as session, current_user as role')).rows).toEqual(who.rows);
});

it("prefers the role's own lock_timeout", async () => {
  const { role, url } = await createLogin(db, 'patient');
  await db.query(`alter role "${role}" set lock_timeout = '7s'`);
  await withClient(url, async (client) => {
    await settleSession(client, '60s');
    expect(await setting(client, 'lock_timeout')).toBe('7s');
  });
});

it('checks deferred constraints while the settings that their triggers need are still there', async () => {
  const client = await db.client();
  await client.query(`
    create table t (tenant text);
    create function needs_tenant() returns trigger language plpgsql as $$ begin
      if current_setting('app.tenant', true) is distinct from new.tenant then raise 'no tenant set'; end if;
      return null;
    end $$;
    create constraint trigger c after insert on t deferrable initially deferred
      for each row execute function needs_tenant()`);
  const session = await settleSession(client, '60s');
  await client.query(`begin; set local app.tenant = 'a'; insert into t values ('a')`);
  await session.restore();
  await client.query('commit');
  await client.query(`begin; set local app.tenant = 'a'; insert into t values ('b')`);
  await expect(session.restore()).rejects.toThrow('no tenant set');
  await client.query('rollback');
});
