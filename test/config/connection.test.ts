import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appConnection, chooseConnection, sslDefaults } from '../../src/config/connection.js';
import type { Env } from '../../src/config/connection-string.js';
import type { ParsedConfig } from '../../src/config/schema.js';

let directory: string;
let secretFile: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'connection-'));
  secretFile = path.join(directory, 'url');
  await writeFile(secretFile, 'postgres://file/d\n');
});
afterAll(() => rm(directory, { recursive: true }));

const choose = (env: Env, file?: ParsedConfig['connection'], flag?: string) =>
  chooseConnection({ flag, env, file, path: '/p/tenantctl.config.ts', directory: '/p' });

/** 'host from source'. */
async function chosen(...inputs: Parameters<typeof choose>): Promise<string> {
  const choice = await choose(...inputs);
  return `${choice.kind === 'server' ? choice.settings.host : choice.directory} from ${choice.source}`;
}

describe('the database is chosen', () => {
  const file = { url: 'postgres://config/d', embedded: true };
  it('by --database-url, DATABASE_URL, DATABASE_URL_FILE, PG*, the file: in this order', async () => {
    const pg = { PGHOST: 'libpq' };
    const pathed = { ...pg, DATABASE_URL_FILE: secretFile };
    const all = { ...pathed, DATABASE_URL: 'postgres://env/d' };
    expect(await chosen(all, file, 'postgres://flag/d')).toBe('flag from --database-url');
    expect(await chosen(all, file)).toBe('env from DATABASE_URL');
    expect(await chosen(pathed, file)).toBe('file from DATABASE_URL_FILE');
    expect(await chosen(pg, file)).toBe('libpq from the PG* environment');
    expect(await chosen({ PGDATABASE: 'd' }, file)).toBe('localhost from the PG* environment');
    expect(await chosen({ PGUSER: 'u' }, file)).toBe('config from connection.url in /p/tenantctl.config.ts');
    expect(await chosen({}, { embedded: true })).toBe('/p/.tenantctl from /p/tenantctl.config.ts');
  });

  it('past a pooler, where the command needs a session of its own', async () => {
    const direct = async (env: Env, flags: { flag?: string; directFlag?: string } = {}) => {
      const choice = await chooseConnection({
        ...{ flag: undefined, env, file: undefined, path: undefined, directory: '/p', direct: true },
        ...flags,
      });
      return `${choice.kind === 'server' ? choice.settings.host : ''} from ${choice.source}`;
    };
    const pathed = { DATABASE_URL: 'postgres://pooler/d', DIRECT_DATABASE_URL_FILE: secretFile };
    const all = { ...pathed, DIRECT_DATABASE_URL: 'postgres://server/d' };
    expect(await direct(all, { directFlag: 'postgres://flag/d' })).toBe('flag from --direct-url');
    expect(await direct(all, { flag: 'postgres://flag/d' })).toBe('flag from --database-url');
    expect(await direct(all)).toBe('server from DIRECT_DATABASE_URL');
    expect(await direct(pathed)).toBe('file from DIRECT_DATABASE_URL_FILE');
    expect(await direct({ DATABASE_URL: 'postgres://pooler/d' })).toBe('pooler from DATABASE_URL');
    expect(await chosen(all)).toBe('pooler from DATABASE_URL');
  });

  it('or the error names three ways to say it', async () => {
    await expect(choose({})).rejects.toMatchObject({
      kind: 'usage',
      code: 'NO_DATABASE',
      hint: expect.stringMatching(
        /DATABASE_URL=.*--database-url.*connection: \{ url: … \} or \{ embedded: true \}/s,
      ),
    });
    await expect(choose({}, { embedded: false })).rejects.toMatchObject({ code: 'NO_DATABASE' });
  });

  it('never as the embedded one by a pipeline or a pod that forgot its secret', async () => {
    const embedded = { embedded: true };
    for (const env of [{ CI: 'true' }, { CI: '1' }, { KUBERNETES_SERVICE_HOST: '10.0.0.1' }] as Env[]) {
      await expect(choose(env, embedded)).rejects.toMatchObject({
        kind: 'usage',
        code: 'EMBEDDED_REFUSED',
        message: expect.stringContaining(Object.keys(env).join()),
        hint: expect.stringContaining('TENANTCTL_EMBEDDED=1'),
      });
      expect((await choose({ ...env, TENANTCTL_EMBEDDED: '1' }, embedded)).kind).toBe('embedded');
      await expect(choose({ ...env, TENANTCTL_EMBEDDED: '0' }, embedded)).rejects.toThrow('embedded server');
    }
    for (const env of [{ CI: 'false' }, { CI: '0' }, { CI: '' }]) {
      expect((await choose(env, embedded)).kind).toBe('embedded');
    }
  });
});

describe('a secret file that cannot be read', () => {
  it.each([
    ['missing', () => path.join(directory, 'absent'), 'there is no such file'],
    ['a directory', () => directory, 'it is a directory'],
  ])('%s', async (_, file, cause) => {
    await expect(choose({ DATABASE_URL_FILE: file() })).rejects.toMatchObject({
      kind: 'usage',
      code: 'SECRET_UNREADABLE',
      message: `Cannot read the file ${file()} named by DATABASE_URL_FILE: ${cause}.`,
      hint: expect.stringContaining('mounted'),
    });
  });

  it('or holds no URL', async () => {
    await writeFile(path.join(directory, 'empty'), '\n');
    await expect(choose({ DATABASE_URL_FILE: path.join(directory, 'empty') })).rejects.toMatchObject({
      code: 'BAD_URL',
      message: expect.stringContaining('Cannot read DATABASE_URL_FILE'),
    });
  });
});

it("the application's login comes from APP_DATABASE_URL or its file", async () => {
  expect(await appConnection({}, {})).toBeUndefined();
  expect(await appConnection({ APP_DATABASE_URL: 'postgres://app@a/d' }, {})).toMatchObject({
    user: 'app',
    host: 'a',
  });
  expect(await appConnection({ APP_DATABASE_URL_FILE: secretFile }, { mode: 'require' })).toMatchObject({
    host: 'file',
    ssl: { mode: 'require' },
  });
});

it('certificate paths of the file start at the file; PEM text and `system` stay as they are', () => {
  const pem = '-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n';
  expect(
    sslDefaults({ ssl: { mode: 'verify-ca', rootCert: 'ca.crt', cert: '/abs.crt', key: pem } }, '/p'),
  ).toEqual({
    ...{ mode: 'verify-ca', rootCert: '/p/ca.crt', cert: '/abs.crt', key: pem },
  });
  expect(sslDefaults({ ssl: { rootCert: 'system' } }, '/p')).toEqual({ rootCert: 'system' });
  expect(sslDefaults(undefined, '/p')).toEqual({});
});
