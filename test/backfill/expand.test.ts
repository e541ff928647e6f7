import { expect, it } from 'vitest';
import { useTestDatabase } from '../support/database.js';
import { BEFORE, backfill, NORTE, outline, SUR, tenancyOf } from './fixture.js';

const database = useTestDatabase();

it('adds the column to a table and to those that inherit from it, whichever comes first', async () => {
  await database.query(`${BEFORE}
    INSERT INTO users VALUES (1, '${NORTE}', 'a'), (2, '${SUR}', 'b');
    CREATE TABLE b_notes (id int PRIMARY KEY, user_id bigint REFERENCES users);
    CREATE TABLE a_notes (PRIMARY KEY (id), FOREIGN KEY (user_id) REFERENCES users) INHERITS (b_notes);
    CREATE TABLE c_notes (PRIMARY KEY (id), FOREIGN KEY (user_id) REFERENCES users) INHERITS (b_notes);
    INSERT INTO a_notes VALUES (1, 1); INSERT INTO b_notes VALUES (2, 2); INSERT INTO c_notes VALUES (3, 1)`);
  expect(outline(await backfill(database.url, { tables: ['a_notes', 'b_notes', 'c_notes'] }))).toEqual([
    ['a_notes', 1, 0],
    ['b_notes', 1, 0],
    ['c_notes', 1, 0],
  ]);
  expect(await database.query('SELECT id, organization_id AS tenant FROM b_notes ORDER BY id')).toEqual([
    { id: 1, tenant: NORTE },
    { id: 2, tenant: SUR },
    { id: 3, tenant: NORTE },
  ]);
});

it('the column has the collation of the key that it holds', async () => {
  await database.query(`
    CREATE TABLE firms (id text COLLATE "C" PRIMARY KEY); INSERT INTO firms VALUES ('norte');
    CREATE TABLE notes (id int PRIMARY KEY); INSERT INTO notes VALUES (1)`);
  const tenancy = tenancyOf({ root: 'firms', column: 'firm' });
  await backfill(database.url, { tables: ['notes'], tenant: 'norte' }, tenancy);
  expect(
    await database.query(
      `SELECT attcollation::regcollation::text AS collation FROM pg_attribute
        WHERE attrelid = 'notes'::regclass AND attname = 'firm'`,
    ),
  ).toEqual([{ collation: '"C"' }]);
});
