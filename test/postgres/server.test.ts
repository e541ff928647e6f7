import { expect, it } from 'vitest';
import { settingsFromUrl } from '../../src/config/connection-string.js';
import { readServerInfo } from '../../src/postgres/server.js';
import { createLogin, useTestDatabase } from '../support/database.js';
import { withClient } from '../support/server.js';

const db = useTestDatabase();

const info = (url: string) =>
  withClient(url, (client) => readServerInfo(client, settingsFromUrl(url, 'test', {}, { mode: 'disable' })));

it('the server says who it is and who we are', async () => {
  const [version] = await db.query<{ server_version: string }>('show server_version');
  const asOwner = await info(db.url);
  expect(asOwner).toMatchObject({
    version: version?.server_version,
    superuser: true,
    tls: { mode: 'disable' },
  });
  expect(Math.floor(asOwner.versionNumber / 10_000)).toBe(Number.parseInt(asOwner.version, 10));
  const login = await createLogin(db, 'plain', { attributes: 'BYPASSRLS' });
  expect(await info(login.url)).toMatchObject({ role: login.role, superuser: false, bypassRls: true });
});
