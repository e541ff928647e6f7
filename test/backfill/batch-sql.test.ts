import { expect, it } from 'vitest';
import { useTestDatabase } from '../support/database.js';
import { backfill, outline, tenancyOf } from './fixture.js';

const database = useTestDatabase();

it('follows a foreign key between columns of different collations, to tenants of several', async () => {
  await database.query(`
    CREATE TABLE firms (id text COLLATE "POSIX" PRIMARY KEY); INSERT INTO firms VALUES ('norte'), ('sur');
    CREATE TABLE users (id text COLLATE "C" PRIMARY KEY, firm text NOT NULL REFERENCES firms);
    CREATE TABLE places (id text PRIMARY KEY, firm text COLLATE "C" NOT NULL REFERENCES firms);
    INSERT INTO users VALUES ('ann', 'norte'), ('bob', 'sur'); INSERT INTO places VALUES ('here', 'norte'), ('there', 'sur');
    CREATE TABLE visits (id int PRIMARY KEY, guest text COLLATE "POSIX" NOT NULL REFERENCES users,
      place text COLLATE "POSIX" NOT NULL REFERENCES places);
    INSERT INTO visits VALUES (1, 'ann', 'here'), (2, 'bob', 'there'), (3, 'bob', 'here')`);
  const result = await backfill(database.url, {}, tenancyOf({ root: 'firms', column: 'firm' }));
  expect(outline(result)).toEqual([['visits', 2, 1]]);
  expect(result.tables[0]?.tally.left).toEqual({ conflict: 1 });
  expect(await database.query('SELECT id, firm FROM visits ORDER BY id')).toEqual([
    { id: 1, firm: 'norte' },
    { id: 2, firm: 'sur' },
    { id: 3, firm: null },
  ]);
});
