import { expect, it } from 'vitest';
import { useTestDatabase } from '../support/database.js';
import { BEFORE, backfill, NORTE } from './fixture.js';

const database = useTestDatabase();

it.each([
  ['a key of another type', 'ALTER TABLE users ALTER id TYPE uuid USING md5(id::text)::uuid'],
  [
    'a table made anew',
    'CREATE TABLE again (LIKE users INCLUDING ALL); INSERT INTO again SELECT * FROM users',
  ],
])('begins anew, and counts anew, on %s', async (_, change) => {
  await database.query(`
    DROP TABLE IF EXISTS likes, posts, users, again, organizations; DROP SCHEMA IF EXISTS tenantctl CASCADE; ${BEFORE}
    DROP TABLE likes, posts; INSERT INTO users SELECT i, NULL, 'user' || i FROM generate_series(1, 40) i`);
  const controller = new AbortController();
  const stopped = backfill(database.url, {
    ...{ tables: ['users'], tenant: NORTE, signal: controller.signal },
    onEvent: (event) => event.kind === 'progress' && event.done >= 14 && controller.abort(),
  });
  await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
  await database.query(change);
  if (change.startsWith('CREATE'))
    await database.query('DROP TABLE users; ALTER TABLE again RENAME TO users');
  const result = await backfill(database.url, { tables: ['users'], tenant: NORTE });
  expect(result.tables[0]).toMatchObject({
    tally: { scanned: 40, updated: 26, already: 14 },
    remaining: 0,
  });
});
