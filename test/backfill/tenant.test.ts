import { expect, it } from 'vitest';
import { useTestDatabase } from '../support/database.js';
import { backfill, tenancyOf } from './fixture.js';

const database = useTestDatabase();

it.each([
  ['character varying(3)', 'abc', 'abcd'],
  ['numeric(5,0)', '1', '1.4'],
  ['character(3)', 'abc', 'abcd'],
])('a key of %s: %s is not meant by %s', async (type, known, typed) => {
  await database.query(`
    DROP TABLE IF EXISTS firms, notes;
    CREATE TABLE firms (id ${type} PRIMARY KEY); INSERT INTO firms VALUES ('${known}');
    CREATE TABLE notes (id int PRIMARY KEY); INSERT INTO notes VALUES (1)`);
  const tenancy = tenancyOf({ root: 'firms', column: 'firm' });
  await expect(backfill(database.url, { tables: ['notes'], tenant: typed }, tenancy)).rejects.toMatchObject({
    code: 'NO_SUCH_TENANT',
    message: `Cannot use the tenant ${typed}: firms has no row with that id.`,
  });
  await backfill(database.url, { tables: ['notes'], tenant: known }, tenancy);
  expect(await database.query('SELECT firm::text FROM notes')).toEqual([{ firm: known }]);
});
