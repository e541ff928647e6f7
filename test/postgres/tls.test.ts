import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settingsFromUrl } from '../../src/config/connection-string.js';
import { TenantctlError } from '../../src/errors.js';
import { withConnection } from '../../src/postgres/connect.js';
import { readServerInfo } from '../../src/postgres/server.js';
import { SSL_MODES, type SslMode, type SslSettings } from '../../src/postgres/settings.js';
import { tlsAttempts } from '../../src/postgres/tls.js';
import {
  type Identity,
  makeAuthority,
  makeClientIdentity,
  makeServerIdentity,
} from '../support/certificates.js';
import { type Clusters, startClusters } from '../support/clusters.js';

/** A server of this file's own: TLS is a setting of the whole server. */
let server: Clusters;
let url: string;
/** Connected before the tests change who may. */
let admin: pg.Client;
let directory: string;
let ours: Identity;
const files = { ours: '', foreign: '', absent: '', clientCert: '', clientKey: '' };

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'tls-'));
  const keep = async (name: string, text: string) => {
    const file = path.join(directory, name);
    await writeFile(file, text);
    return file;
  };
  const [foreign, authority] = [await makeAuthority('foreign'), await makeAuthority('ours')];
  ours = authority;
  const client = await makeClientIdentity(ours, 'certified');
  files.ours = await keep('ours.crt', ours.cert);
  files.foreign = await keep('foreign.crt', foreign.cert);
  files.absent = path.join(directory, 'absent.crt');
  files.clientCert = await keep('client.crt', client.cert);
  files.clientKey = await keep('client.key', client.key);
  server = await startClusters(1, { native: process.env.TEST_POSTGRES_NATIVE });
  url = server.urls[0] ?? '';
  admin = new pg.Client(url);
  await admin.connect();
  await onServer('create role certified login');
});
afterAll(async () => {
  await admin.end();
  await server.stop();
  await rm(directory, { recursive: true });
});

async function onServer(...statements: string[]): Promise<void> {
  for (const statement of statements) await admin.query(statement);
}

/** Has the server write a file of its own, so that owner and mode are what it demands of a key. */
const serverFile = (name: string, text: string) =>
  `copy (select unnest(string_to_array($pem$${text.trim()}$pem$, E'\n'))) to program 'umask 077 && cat > ${name}'`;

async function reload(): Promise<void> {
  await onServer('select pg_reload_conf()');
  // The reload is a signal; new connections may come before it has arrived.
  await new Promise((resolve) => setTimeout(resolve, 300));
}

async function serveTls(identity: Identity): Promise<void> {
  await onServer(
    serverFile('server.crt', identity.cert),
    serverFile('server.key', identity.key),
    serverFile('root.crt', ours.cert),
    'alter system set ssl = on',
    "alter system set ssl_ca_file = 'root.crt'",
  );
  await reload();
}

async function hba(...lines: string[]): Promise<void> {
  await onServer(serverFile('pg_hba.conf', lines.join('\n')));
  await reload();
}

/** What came of it: the protocol, 'plain', or the error's code. */
async function attempt(
  mode: SslMode,
  ssl: Omit<SslSettings, 'mode'> = {},
  host = '127.0.0.1',
  user?: string,
) {
  const settings = {
    ...settingsFromUrl(url, 'test', {}, {}),
    host,
    ssl: { mode, ...ssl },
    ...(user && { user }),
  };
  try {
    return await withConnection(settings, { applicationName: 'test', source: 'test' }, async (client) => {
      const { tls } = await readServerInfo(client, settings);
      expect(tls.mode).toBe(mode);
      return tls.protocol === undefined ? 'plain' : 'tls';
    });
  } catch (error) {
    if (!(error instanceof TenantctlError)) throw error;
    expect(error).toMatchObject({ kind: 'usage', hint: expect.stringMatching(/ssl/) });
    return error.code;
  }
}

/** The outcome of every mode. */
async function attemptAll(ssl: Omit<SslSettings, 'mode'> = {}, host?: string) {
  const outcomes = SSL_MODES.map(async (mode) => [mode, await attempt(mode, ssl, host)] as const);
  return Object.fromEntries(await Promise.all(outcomes));
}

describe('a server without TLS', () => {
  it('is reached by the modes that do not insist, and refuses the others', async () => {
    expect(await attemptAll({ rootCert: files.ours })).toEqual({
      ...{ disable: 'plain', allow: 'plain', prefer: 'plain' },
      ...{ require: 'TLS_REFUSED', 'verify-ca': 'TLS_REFUSED', 'verify-full': 'TLS_REFUSED' },
    });
  });
});

describe('a server without TLS, by prefer', () => {
  it('is reached by one connection', async () => {
    const settings = { ...settingsFromUrl(url, 'test', {}, {}), host: '127.0.0.1' };
    let connections = 0;
    const counter = createServer((socket) => {
      connections += 1;
      socket.pipe(connect(settings.port, settings.host)).pipe(socket);
    });
    await new Promise<void>((resolve) => counter.listen(0, '127.0.0.1', resolve));
    const { port } = counter.address() as AddressInfo;
    const through = { ...settings, port, ssl: { mode: 'prefer' } satisfies SslSettings };
    const answer = await withConnection(through, { applicationName: 'test', source: 'test' }, (client) =>
      client.query('select 1 as one'),
    );
    expect([answer.rows, connections]).toEqual([[{ one: 1 }], 1]);
    await new Promise((resolve) => counter.close(resolve));
  });
});

describe('a server with TLS, its certificate for 127.0.0.1', () => {
  beforeAll(async () => serveTls(await makeServerIdentity(ours, [{ type: 7, ip: '127.0.0.1' }])));

  const unverified = { disable: 'plain', allow: 'plain', prefer: 'tls' };

  it('is verified by the authority that is named', async () => {
    expect(await attemptAll({ rootCert: files.ours })).toEqual({
      ...{ ...unverified, require: 'tls', 'verify-ca': 'tls', 'verify-full': 'tls' },
    });
    const pem = await attempt('verify-full', { rootCert: ours.cert });
    expect(pem).toBe('tls');
  });

  it('is refused with the wrong authority; require with an authority means verify-ca', async () => {
    const refused = { require: 'TLS_FAILED', 'verify-ca': 'TLS_FAILED', 'verify-full': 'TLS_FAILED' };
    expect(await attemptAll({ rootCert: files.foreign })).toEqual({ ...unverified, ...refused });
    expect(await attempt('verify-full', { rootCert: 'system' })).toBe('TLS_FAILED');
  });

  it('under another name is refused by verify-full only', async () => {
    expect(await attemptAll({ rootCert: files.ours }, 'localhost')).toEqual({
      ...{ ...unverified, require: 'tls', 'verify-ca': 'tls', 'verify-full': 'TLS_FAILED' },
    });
  });

  it('cannot be verified without an authority; require then only encrypts', async () => {
    expect(await attemptAll()).toEqual({
      ...{
        ...unverified,
        require: 'tls',
        'verify-ca': 'NO_ROOT_CERTIFICATE',
        'verify-full': 'NO_ROOT_CERTIFICATE',
      },
    });
  });

  it('cannot be verified by a file that is not there', async () => {
    for (const mode of ['require', 'verify-ca', 'verify-full'] as const) {
      expect(await attempt(mode, { rootCert: files.absent })).toBe('CERTIFICATE_UNREADABLE');
    }
  });

  it('that takes TLS connections only is reached by allow, too', async () => {
    await hba('hostssl all all all trust');
    expect(await attempt('disable')).toBe('LOGIN_REFUSED');
    expect(await attempt('allow')).toBe('tls');
    await hba('host all all all trust');
  });

  it('that takes plain connections only is reached by prefer, too', async () => {
    await hba('hostnossl all all all trust');
    expect(await attempt('require')).toBe('LOGIN_REFUSED');
    expect(await attempt('prefer')).toBe('plain');
    await hba('host all all all trust');
  });

  it('takes a client certificate', async () => {
    await hba('hostssl all certified all cert', 'host all all all trust');
    const client = { cert: files.clientCert, key: files.clientKey };
    expect(await attempt('require', client, '127.0.0.1', 'certified')).toBe('tls');
    expect(await attempt('verify-full', { ...client, rootCert: files.ours }, '127.0.0.1', 'certified')).toBe(
      'tls',
    );
    expect(await attempt('require', {}, '127.0.0.1', 'certified')).not.toBe('tls');
    await hba('host all all all trust');
  });
});

describe('a server with TLS, its certificate for localhost', () => {
  beforeAll(async () => serveTls(await makeServerIdentity(ours, [{ type: 2, value: 'localhost' }])));

  it('is not localhost because its address is 127.0.0.1', async () => {
    expect(await attempt('verify-full', { rootCert: files.ours }, 'localhost')).toBe('tls');
    expect(await attempt('verify-full', { rootCert: files.ours }, '127.0.0.1')).toBe('TLS_FAILED');
  });
});

it('over a Unix socket there is no TLS, whatever the mode', async () => {
  for (const mode of SSL_MODES) expect(await tlsAttempts({ mode }, '/var/run/postgresql')).toEqual([false]);
});
