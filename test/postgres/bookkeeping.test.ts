import { expect, it } from 'vitest';
import { ensureBookkeepingTables } from '../../src/postgres/bookkeeping.js';
import { createLogin, createTestDatabase, useTestDatabase } from '../support/database.js';
import { withClient } from '../support/server.js';

const db = useTestDatabase();

it('two sessions at once make schema and table, open to their owner only', async () => {
  const clients = await Promise.all(Array.from({ length: 5 }, () => db.client()));
  await Promise.all(clients.map((client) => ensureBookkeepingTables(client, { notes: 'note text' })));
  const { url } = await createLogin(db, 'app');
  const asApp = withClient(url, (client) => client.query('select from tenantctl.notes'));
  await expect(asApp).rejects.toMatchObject({ code: '42501' });
  const grants = await db.query(
    `select from pg_namespace, aclexplode(nspacl) a where nspname = 'tenantctl' and a.grantee <> nspowner`,
  );
  expect(grants).toEqual([]);
});

it('a role that may not create anything does not need to, once they are there', async () => {
  const { url, role } = await createLogin(db, 'limited');
  const ensure = () => withClient(url, (client) => ensureBookkeepingTables(client, { notes: 'note text' }));
  await db.query(
    `grant usage on schema tenantctl to "${role}"; grant select on tenantctl.notes to "${role}"`,
  );
  await ensure();
});

it('says what an administrator can do where a role may create neither', async () => {
  const other = await createTestDatabase();
  const { url } = await createLogin(other, 'powerless');
  const ensure = () => withClient(url, (client) => ensureBookkeepingTables(client, { notes: 'note text' }));
  await expect(ensure()).rejects.toMatchObject({
    ...{
      kind: 'privilege',
      code: 'BOOKKEEPING_DENIED',
      hint: expect.stringContaining('CREATE SCHEMA tenantctl'),
    },
    message: expect.stringMatching(
      /^Cannot keep records in schema tenantctl: permission denied for database /,
    ),
  });
  await other.drop();
});
