import { userInfo } from 'node:os';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Env, settingsFromEnv, settingsFromUrl } from '../../src/config/connection-string.js';
import { TenantctlError } from '../../src/errors.js';
import type { ConnectionSettings } from '../../src/postgres/settings.js';

const read = (url: string, env: Env = {}, ssl = {}) => settingsFromUrl(url, 'DATABASE_URL', env, ssl);

function failure(act: () => unknown): TenantctlError {
  try {
    act();
  } catch (error) {
    if (error instanceof TenantctlError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

describe('a URL', () => {
  const me = userInfo().username;
  it.each<[string, Partial<ConnectionSettings>]>([
    ['postgres://u:p@h:6543/d', { user: 'u', password: 'p', host: 'h', port: 6543, database: 'd' }],
    ['postgresql://u@h', { user: 'u', host: 'h', port: 5432, database: 'u' }],
    ['postgres://', { user: me, host: 'localhost', port: 5432, database: me }],
    ['postgres:///d', { user: me, host: 'localhost', database: 'd' }],
    ['postgres://u:p@/d', { user: 'u', password: 'p', host: 'localhost', database: 'd' }],
    ['postgres://[::1]:6543/d', { host: '::1', port: 6543 }],
    ['postgres://%2Fvar%2Frun%2Fpostgresql/d', { host: '/var/run/postgresql', database: 'd' }],
    ['postgres:///d?host=/tmp&port=6543&user=x', { host: '/tmp', port: 6543, user: 'x', database: 'd' }],
    ['postgres://u:p%40%2F%3F%23@h/a%2Fb', { password: 'p@/?#', database: 'a/b' }],
    ['postgres://h/d?password=a+b%20c', { password: 'a+b c' }],
    ['postgres://h/?dbname=d&options=-c%20search_path%3Dx', { database: 'd', options: '-c search_path=x' }],
    ['postgres://h/d?connect_timeout=3', { connectTimeoutMs: 3000 }],
    ['postgres://h/d?application_name=a?b', { host: 'h', database: 'd' }],
    ['postgres://h/..', { host: 'h', database: '..' }],
  ])('%s', (url, expected) => {
    expect(read(url)).toMatchObject(expected);
  });

  it('takes what it leaves out from PG* variables, and overrides them with what it says', () => {
    const env = {
      PGHOST: 'eh',
      PGPORT: '1',
      PGUSER: 'eu',
      PGPASSWORD: 'ep',
      PGDATABASE: 'ed',
      PGOPTIONS: '-c x=1',
      PGCONNECT_TIMEOUT: '7',
    };
    const fromEnv = {
      ...{ host: 'eh', port: 1, user: 'eu', password: 'ep', database: 'ed' },
      ...{ options: '-c x=1', connectTimeoutMs: 7000, ssl: { mode: 'prefer' } },
    };
    expect(read('postgres://', env)).toEqual(fromEnv);
    expect(settingsFromEnv(env, {}, 'PG*')).toEqual(fromEnv);
    expect(read('postgres://u:p@h:2/d?connect_timeout=8', env)).toEqual({
      ...fromEnv,
      ...{ host: 'h', port: 2, user: 'u', password: 'p', database: 'd', connectTimeoutMs: 8000 },
    });
  });

  it('brings every user name, password and database back that was percent-encoded', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 });
    fc.assert(
      fc.property(text, text, text, (user, password, database) => {
        const url = `postgres://${[user, password].map(encodeURIComponent).join(':')}@h/${encodeURIComponent(database)}`;
        expect(read(url)).toMatchObject({ user, password, database, host: 'h' });
      }),
    );
  });
});

describe('a URL that cannot be read', () => {
  it.each([
    ['mysql://u:s3cret@h/d', 'it does not start with postgres://'],
    ['host=h password=s3cret', 'it does not start with postgres://'],
    ['', 'it does not start with postgres://'],
    ['postgres://u:s3cret@h:port/d', 'it is not a valid URL'],
    ['postgres://u:s3cret@h:99999/d', 'it is not a valid URL'],
    ['postgres://u:s3cret%zz@h/d', 'it is not a valid URL'],
    ['postgres://u:s3cret@x@h/d', 'its user name or password holds a special'],
    ['postgres://u:12/s3cret@h/d', 'its user name or password holds a special'],
    ['postgres://u:12?s3cret@h/d', 'its user name or password holds a special'],
    ['postgres://u:12#s3cret@h/d', 'its user name or password holds a special'],
  ])('%s', (url, cause) => {
    const error = failure(() => read(url));
    expect(error).toMatchObject({ kind: 'usage', code: 'BAD_URL' });
    expect(error.message).toContain(`Cannot read DATABASE_URL: ${cause}`);
    expect(error.hint).toContain('postgres://USER:PASSWORD@HOST:5432/DATABASE');
    expect(`${error.message} ${error.hint}`).not.toMatch(/s3cret|12/);
  });

  it.each([
    ['postgres://u@h1:1,h2:2/d', {}, 'SEVERAL_HOSTS', 'several hosts are not supported'],
    ['postgres:///d?host=h1,h2', {}, 'SEVERAL_HOSTS', 'several hosts are not supported'],
    ['postgres:///d', { PGHOST: 'h1,h2' }, 'SEVERAL_HOSTS', 'several hosts are not supported'],
    ['postgres:///?service=prod', {}, 'URL_PARAMETER', 'its parameter service is not supported'],
    ['postgres://h/d?hostaddr=10.0.0.1', {}, 'URL_PARAMETER', 'its parameter hostaddr is not supported'],
    ['postgres://h/d?port=0', {}, 'BAD_PORT', 'the port "0" is not a number from 1 to 65535'],
    ['postgres://h/d', { PGPORT: 'x' }, 'BAD_PORT', 'the port "x" is not a number from 1 to 65535'],
    ['postgres://h/d?connect_timeout=soon', {}, 'BAD_TIMEOUT', 'connect_timeout "soon" is not a number'],
    [
      'postgres://h/d?sslmode=on',
      {},
      'BAD_SSLMODE',
      'sslmode expected one of disable, allow, prefer, require',
    ],
    ['postgres://h/d', { PGSSLMODE: 'no' }, 'BAD_SSLMODE', 'received "no"'],
    [
      'postgres://h/d?sslmode=require&sslrootcert=system',
      {},
      'BAD_SSLMODE',
      'only sound with sslmode=verify-full',
    ],
  ])('%s %j', (url, env, code, cause) => {
    const error = failure(() => read(url, env));
    expect(error).toMatchObject({ kind: 'usage', code });
    expect(error.message).toContain(cause);
  });
});

describe('parameters of a URL', () => {
  it.each(['sslmod', 'SSLMode', 'ssl_mode', 'sslrootcrt', 'sslkye'])(
    '%s may be a slip, and is refused',
    (key) => {
      const error = failure(() => read(`postgres://u:s3cret@h/d?${key}=verify-full`));
      expect(error).toMatchObject({
        kind: 'usage',
        code: 'BAD_URL',
        hint: expect.stringMatching(/^ssl\w+=…$/),
      });
      expect(error.message).toContain(`there is no parameter "${key}", and TLS`);
      expect(error.message).not.toContain('s3cret');
    },
  );

  it.each([
    ...['sslcrl', 'sslcrldir', 'sslcompression', 'sslpassword', 'sslsni', 'sslnegotiation', 'sslcertmode'],
    ...['ssl_min_protocol_version', 'application_name', 'target_session_attrs', 'options', 'keepalives'],
    ...['pgbouncer', 'schema', 'connection_limit', 'uselibpqcompat', 'gssencmode', 'channel_binding'],
  ])("%s is libpq's or another library's, and left alone", (key) => {
    expect(read(`postgres://h/d?${key}=1`).ssl).toEqual({ mode: 'prefer' });
  });
});

describe('TLS settings', () => {
  const env = {
    PGSSLMODE: 'verify-ca',
    PGSSLROOTCERT: '/env/ca',
    PGSSLCERT: '/env/crt',
    PGSSLKEY: '/env/key',
  };
  const file = { mode: 'verify-full', rootCert: '/file/ca', cert: '/file/crt', key: '/file/key' } as const;

  it('come from the URL, then the environment, then the file', () => {
    const all = 'sslmode=require&sslrootcert=/url/ca&sslcert=/url/crt&sslkey=/url/key';
    expect(read(`postgres://h/d?${all}`, env, file).ssl).toEqual({
      ...{ mode: 'require', rootCert: '/url/ca', cert: '/url/crt', key: '/url/key' },
    });
    expect(read('postgres://h/d', env, file).ssl).toEqual({
      ...{ mode: 'verify-ca', rootCert: '/env/ca', cert: '/env/crt', key: '/env/key' },
    });
    expect(read('postgres://h/d', {}, file).ssl).toEqual(file);
    expect(read('postgres://h/d').ssl).toEqual({ mode: 'prefer' });
  });

  it('know the other spellings of libpq', () => {
    expect(read('postgres://h/d?ssl=true').ssl.mode).toBe('require');
    expect(read('postgres://h/d?sslrootcert=system').ssl.mode).toBe('verify-full');
    expect(read('postgres://h/d', { PGSSLMODE: '' }).ssl.mode).toBe('prefer');
  });
});
