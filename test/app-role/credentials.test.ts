import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import {
  credentialsPath,
  prepareDirectory,
  readCredentials,
  settingsFor,
  writeCredentials,
} from '../../src/app-role/credentials.js';
import type { Target } from '../../src/postgres/server.js';
import { temporaryDirectory } from '../support/temporary.js';

const target: Target = {
  ...{
    host: 'db.example.com',
    port: 5432,
    database: 'shop',
    user: 'owner',
    source: 'DATABASE_URL',
    embedded: false,
  },
};
const credentials = { role: 'app', password: 'secret of the app' };

it('keeps one file per database and role, readable by its owner only', async () => {
  const state = path.join(await temporaryDirectory(), '.tenantctl');
  await writeCredentials(state, target, credentials);
  await writeCredentials(state, target, { role: 'other', password: 'another' });
  await writeCredentials(state, { ...target, database: 'test' }, { role: 'app', password: 'third' });
  expect(await readCredentials(state, target, 'app')).toEqual(credentials);
  expect(await readCredentials(state, target, 'other')).toEqual({ role: 'other', password: 'another' });
  expect(await readCredentials(state, { ...target, port: 5433 }, 'app')).toBeUndefined();
  const directory = path.join(state, 'credentials');
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
  const files = await readdir(directory);
  expect(files).toHaveLength(3);
  for (const file of files) expect((await stat(path.join(directory, file))).mode & 0o777).toBe(0o600);
});

it('finds an embedded server again on another port', async () => {
  const state = await temporaryDirectory();
  const embedded = { ...target, embedded: true };
  await writeCredentials(state, embedded, credentials);
  expect(await readCredentials(state, { ...embedded, port: 60_000 }, 'app')).toEqual(credentials);
});

it('replaces a file as a whole', async () => {
  const state = await temporaryDirectory();
  await writeCredentials(state, target, credentials);
  await writeCredentials(state, target, { ...credentials, password: 'a newer one' });
  expect(JSON.parse(await readFile(credentialsPath(state, target, 'app'), 'utf8'))).toEqual({
    ...{ server: 'db.example.com:5432', database: 'shop', role: 'app', password: 'a newer one' },
  });
});

it('does not use a file that others may read, or that is damaged, and never quotes it', async () => {
  const state = await temporaryDirectory();
  await writeCredentials(state, target, credentials);
  const file = credentialsPath(state, target, 'app');
  await chmod(file, 0o644);
  await expect(readCredentials(state, target, 'app')).rejects.toMatchObject({ hint: `chmod 600 ${file}` });
  await chmod(file, 0o600);
  for (const content of ['secret of the app', '{"role":"app"}']) {
    await writeFile(file, content);
    await expect(readCredentials(state, target, 'app')).rejects.toMatchObject({
      ...{ code: 'CREDENTIALS_UNUSABLE', message: expect.not.stringContaining('secret') },
    });
  }
});

it('says before anything is changed that it cannot keep a password', async () => {
  const state = await temporaryDirectory();
  await mkdir(path.join(state, 'elsewhere'));
  await writeFile(path.join(state, 'elsewhere', 'credentials'), 'a file in the way');
  await expect(prepareDirectory(path.join(state, 'elsewhere'))).rejects.toMatchObject({
    ...{ kind: 'usage', code: 'CREDENTIALS_UNWRITABLE' },
  });
});

it("builds the app's connection from the other one, without what is not its own", () => {
  expect(
    settingsFor(
      {
        ...{ host: 'h', port: 1, user: 'owner', password: 'x', database: 'd', connectTimeoutMs: 5 },
        ssl: { mode: 'verify-full', rootCert: '/ca', cert: '/owner.crt', key: '/owner.key' },
        options: '-c role=owner',
      },
      credentials,
    ),
  ).toEqual({
    ...{
      host: 'h',
      port: 1,
      user: 'app',
      password: credentials.password,
      database: 'd',
      connectTimeoutMs: 5,
    },
    ssl: { mode: 'verify-full', rootCert: '/ca' },
  });
});
