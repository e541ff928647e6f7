import { type AddressInfo, connect, createServer, Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { settingsFromUrl } from '../../src/config/connection-string.js';
import {
  backendPid,
  type Client,
  type ConnectOptions,
  WATCH_SETTINGS,
  withConnection,
} from '../../src/postgres/connect.js';
import { isConnectionLost } from '../../src/postgres/errors.js';
import type { ConnectionSettings } from '../../src/postgres/settings.js';
import { createLogin, useTestDatabase } from '../support/database.js';

const db = useTestDatabase();

const OPTIONS: ConnectOptions = { applicationName: 'tenantctl/test', source: 'DATABASE_URL' };
const settings = (overrides: Partial<ConnectionSettings> = {}): ConnectionSettings => ({
  ...settingsFromUrl(db.url, 'test', {}, {}),
  ...overrides,
});
const nothing = async () => {};

/** How many sessions the database has besides the asking one. */
async function sessions(application: string): Promise<number> {
  const rows = await db.query('select from pg_stat_activity where application_name = $1', [application]);
  return rows.length;
}

describe('withConnection', () => {
  it('lends a connection that names the command and notices when its client is gone', async () => {
    const shown = await withConnection(settings(), OPTIONS, async (client) => {
      const { rows } = await client.query(
        `select name, current_setting(name) as value from unnest($1::text[]) as name`,
        [['application_name', ...Object.keys(WATCH_SETTINGS)]],
      );
      return rows;
    });
    expect(Object.fromEntries(shown.map(({ name, value }) => [name, value]))).toEqual({
      application_name: 'tenantctl/test',
      ...WATCH_SETTINGS,
    });
  });

  it('asks the server after a quarter of a minute of silence whether it is still there', async () => {
    const asked = vi.spyOn(Socket.prototype, 'setKeepAlive');
    onTestFinished(() => asked.mockRestore());
    await withConnection(settings(), OPTIONS, nothing);
    expect(asked).toHaveBeenLastCalledWith(true, 15_000);
  });

  it('closes it, whatever happens', async () => {
    const options = { ...OPTIONS, applicationName: 'closing' };
    await withConnection(settings(), options, async () => expect(await sessions('closing')).toBe(1));
    await expect(
      withConnection(settings(), options, () => Promise.reject(new Error('mine'))),
    ).rejects.toThrow('mine');
    await expect.poll(() => sessions('closing')).toBe(0);
  });

  it('where nothing follows, tells the server that it leaves, and does not wait until the server has left', async () => {
    const { host, port } = settings();
    const sockets: Socket[] = [];
    const silent = createServer({ allowHalfOpen: true }, (socket) => {
      const server = connect(port, host);
      sockets.push(socket, server);
      socket.pipe(server);
      // That it has left never comes through.
      server.pipe(socket, { end: false });
    });
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      silent.close();
    });
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const through = settings({ host: '127.0.0.1', port: (silent.address() as AddressInfo).port });
    const options = { ...OPTIONS, applicationName: 'leaving', last: true };
    await withConnection(through, options, async () => expect(await sessions('leaving')).toBe(1));
    await expect.poll(() => sessions('leaving')).toBe(0);
  });

  it('passes on what somebody raises, and not the remarks that the server makes by itself', async () => {
    const notices: string[] = [];
    await withConnection(settings(), { ...OPTIONS, onNotice: (text) => notices.push(text) }, (client) =>
      client.query(`drop table if exists nowhere; do $$ begin raise notice 'mind the gap'; end $$`),
    );
    expect(notices).toEqual(['mind the gap']);
  });

  it('survives the loss of the connection: the query fails, the process does not', async () => {
    const failure = await withConnection(settings(), OPTIONS, async (client) => {
      await db.query('select pg_terminate_backend($1)', [backendPid(client)]);
      return client.query('select 1').catch((error: unknown) => error);
    });
    expect(isConnectionLost(failure)).toBe(true);
  });

  it('cancels the running statement when it is aborted', async () => {
    const controller = new AbortController();
    const started = Date.now();
    const running = withConnection(
      settings(),
      { ...OPTIONS, signal: controller.signal },
      async (client: Client) => {
        setTimeout(() => controller.abort(), 100);
        await client.query('select pg_sleep(30)');
      },
    );
    await expect(running).rejects.toMatchObject({ code: '57014' });
    expect(Date.now() - started).toBeLessThan(5_000);
  });

  it('cancels it also where the role has no second connection', async () => {
    const login = await createLogin(db, 'single', { attributes: 'CONNECTION LIMIT 1' });
    const controller = new AbortController();
    const alone = settingsFromUrl(login.url, 'test', {}, {});
    const running = withConnection(alone, { ...OPTIONS, signal: controller.signal }, (client) => {
      setTimeout(() => controller.abort(), 300);
      return client.query('select pg_sleep(30)');
    });
    await expect(running).rejects.toMatchObject({ code: '57014' });
  });

  it('does not connect when it is aborted before', async () => {
    const options = { ...OPTIONS, signal: AbortSignal.abort() };
    await expect(withConnection(settings({ port: 1 }), options, nothing)).rejects.toThrow(/abort/);
  });

  it('pipelined, its session is ended: that is an abort too where a reset comes before the word of it', async () => {
    const controller = new AbortController();
    const options = { ...OPTIONS, pipelined: true, signal: controller.signal };
    const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    const lost = () => withConnection(settings(), options, () => Promise.reject(reset));
    await expect(lost()).rejects.toBe(reset);
    const stopped = withConnection(settings(), options, async () => {
      controller.abort();
      throw reset;
    });
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('a connection that cannot be made', () => {
  const silent = createServer();
  let silentPort = 0;
  beforeAll(async () => {
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    silentPort = (silent.address() as { port: number }).port;
  });
  afterAll(() => silent.close());

  const refused = (overrides: Partial<ConnectionSettings>) =>
    expect(withConnection(settings(overrides), OPTIONS, nothing)).rejects;

  it('because of a wrong password', async () => {
    const { role } = await createLogin(db, 'app');
    await refused({ user: role, password: 'not-the-password' }).toMatchObject({
      kind: 'usage',
      code: 'WRONG_PASSWORD',
      message: expect.stringMatching(
        new RegExp(
          `^Cannot connect to database "${db.name}" at .*:\\d+ as "${role}" \\(from DATABASE_URL\\): wrong password\\.$`,
        ),
      ),
      hint: expect.stringContaining('password'),
    });
  });

  it('because of a missing password', async () => {
    const { password: _, ...without } = settings();
    const failed = withConnection(without, OPTIONS, nothing);
    await expect(failed).rejects.toMatchObject({
      kind: 'usage',
      code: 'PASSWORD_MISSING',
      hint: 'PGPASSWORD, PGPASSFILE, or a password in the URL',
    });
  });

  it('because there is no such database', async () => {
    await refused({ database: 'no such db' }).toMatchObject({
      kind: 'usage',
      code: 'NO_SUCH_DATABASE',
      message: expect.stringContaining('database "no such db"'),
      hint: expect.stringContaining('createdb'),
    });
  });

  it('because nothing listens', async () => {
    await refused({ port: 1 }).toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('nothing listens there'),
      hint: expect.stringContaining('pg_isready'),
    });
  });

  it('because the host has no address', async () => {
    await refused({ host: 'no-such-host.invalid' }).toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('the host name cannot be resolved'),
    });
  });

  it('because the server never answers', async () => {
    await refused({ host: '127.0.0.1', port: silentPort, connectTimeoutMs: 200 }).toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('no answer within 0.2 s'),
      hint: expect.stringContaining('connect_timeout'),
    });
  });

  it('because there is no such socket', async () => {
    await refused({ host: '/nowhere' }).toMatchObject({
      kind: 'unreachable',
      message: expect.stringMatching(/at \/nowhere as .*there is no such socket/),
    });
  });

  it('because the role may not connect to this database', async () => {
    const { role, password } = await createLogin(db, 'outsider');
    await db.query(`revoke connect on database "${db.name}" from public`);
    await refused({ user: role, password }).toMatchObject({
      kind: 'privilege',
      code: 'MAY_NOT_CONNECT',
      hint: expect.stringContaining('GRANT CONNECT'),
    });
    await db.query(`grant connect on database "${db.name}" to public`);
  });

  it('because the role may not log in', async () => {
    const { role, password } = await createLogin(db, 'group');
    await db.query(`alter role "${role}" nologin`);
    await refused({ user: role, password }).toMatchObject({ kind: 'usage', code: 'LOGIN_REFUSED' });
  });

  it('because the role has no connection left', async () => {
    const { role, password } = await createLogin(db, 'busy', { attributes: 'CONNECTION LIMIT 0' });
    await refused({ user: role, password }).toMatchObject({ kind: 'retry', code: 'TOO_MANY_CONNECTIONS' });
  });

  it('because of its options', async () => {
    await refused({ options: '-c no.such=1 -c work_mem=lots' }).toMatchObject({
      kind: 'usage',
      code: 'CONNECT_OPTIONS',
      message: expect.stringContaining('work_mem'),
    });
  });
});
