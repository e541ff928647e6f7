import { expect, it } from 'vitest';
import { useTestDatabase } from '../support/database.js';
import { BEFORE, backfill, NORTE, outline } from './fixture.js';

const database = useTestDatabase();

it('compares as a type of an extension does whose schema is not in the search_path', async () => {
  await database.query(`${BEFORE}
    CREATE SCHEMA extensions; CREATE EXTENSION citext SCHEMA extensions;
    CREATE TABLE authors (name extensions.citext PRIMARY KEY, organization_id uuid NOT NULL REFERENCES organizations);
    INSERT INTO authors VALUES ('Ann', '${NORTE}'), ('bob', '${NORTE}');
    CREATE TABLE books (
      title extensions.citext PRIMARY KEY, author extensions.citext NOT NULL REFERENCES authors);
    INSERT INTO books SELECT CASE WHEN i % 2 = 0 THEN 'TITLE' ELSE 'title' END || i, CASE WHEN i % 3 = 0 THEN 'ANN' ELSE 'Bob' END
      FROM generate_series(1, 60) i`);
  const result = await backfill(database.url, { tables: ['books'] });
  expect(outline(result)).toEqual([['books', 60, 0]]);
  // In the first pass, in the order of the index: the sweep had nothing to do.
  expect(result.tables[0]?.tally).toMatchObject({ scanned: 60, left: {} });
  expect(await database.query('SELECT count(*)::int AS runs FROM tenantctl.backfill_run')).toEqual([
    { runs: 1 },
  ]);
});
