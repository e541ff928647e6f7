import { expect, it } from 'vitest';
import { backfillReport } from '../../src/backfill/report.js';
import { useTestDatabase } from '../support/database.js';
import { BEFORE, backfill, NORTE } from './fixture.js';

const database = useTestDatabase();
const TARGET = { host: 'h', port: 1, database: 'd', user: 'u', source: 'test', embedded: false };

it('what comes next can be run as it is told, of a partitioned table, too', async () => {
  await database.query(`${BEFORE}
    INSERT INTO users VALUES (1, '${NORTE}', 'a'); INSERT INTO posts VALUES (1, 1, 'x');
    CREATE TABLE visits (id int PRIMARY KEY, user_id bigint REFERENCES users) PARTITION BY RANGE (id);
    CREATE TABLE visits_1 PARTITION OF visits DEFAULT; INSERT INTO visits VALUES (1, 1)`);
  const result = await backfill(database.url, { tables: ['posts', 'visits'] });
  const next = backfillReport(TARGET, result, 0).blocks.flatMap((block) =>
    block.kind === 'code' ? block.text.split('\n') : [],
  );
  expect(next.filter((sql) => sql.startsWith('CREATE INDEX'))).toEqual([
    'CREATE INDEX CONCURRENTLY ON "public"."posts" ("organization_id");',
    'CREATE INDEX ON "public"."visits" ("organization_id");',
  ]);
  for (const sql of next) await database.query(sql);
  expect(
    await database.query(
      `SELECT attrelid::regclass::text AS name FROM pg_attribute WHERE attname = 'organization_id' AND attnotnull ORDER BY 1`,
    ),
  ).toEqual([{ name: 'posts' }, { name: 'visits' }, { name: 'visits_1' }]);
});

it('what a table without a key needs can be run as it is told', async () => {
  await database.query(
    'CREATE TABLE logs (id int, user_id bigint REFERENCES users); INSERT INTO logs VALUES (1, 1)',
  );
  const refused = await backfill(database.url, { tables: ['logs'] }).catch(
    (error: { hint: string }) => error,
  );
  if (!('hint' in refused)) throw new Error('it was refused');
  await database.query(refused.hint.replace(/ {3}\(.*$/, ''));
  expect((await backfill(database.url, { tables: ['logs'] })).tables[0]?.remaining).toBe(0);
});
