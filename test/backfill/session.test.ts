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
  const url = new URL(database.url);
  url.searchParams.set('options', '-csearch_path=');
  const result = await backfill(url.href, { tables: ['books'] });
  expect(outline(result)).toEqual([['books', 60, 0]]);
  // In the first pass, in the order of the index: the sweep had nothing to do.
  expect(result.tables[0]?.tally).toMatchObject({ scanned: 60, left: {} });
  expect(await database.query('SELECT count(*)::int AS runs FROM tenantctl.backfill_run')).toEqual([
    { runs: 1 },
  ]);
});

it("a role's transaction_timeout ends no batch", async () => {
  await database.query(`
    CREATE TABLE notes (id int PRIMARY KEY); INSERT INTO notes SELECT generate_series(1, 6);
    CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.1); RETURN NEW; END $$;
    CREATE TRIGGER slow BEFORE UPDATE ON notes FOR EACH ROW EXECUTE FUNCTION slow();
    DO $$ BEGIN
      IF current_setting('server_version_num')::int >= 170000 THEN
        EXECUTE format('ALTER DATABASE %I SET transaction_timeout = 300', current_database());
      END IF;
    END $$`);
  const result = await backfill(database.url, { tables: ['notes'], tenant: NORTE });
  expect(outline(result)).toEqual([['notes', 6, 0]]);
});
