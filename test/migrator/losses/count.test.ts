import type pg from 'pg';
import { beforeAll, expect, it } from 'vitest';
import { countGone } from '../../../src/migrator/losses/count.js';
import { readTables } from '../../../src/migrator/losses/tables.js';
import { useTestDatabase } from '../../support/database.js';

const db = useTestDatabase();
let client: pg.Client;

beforeAll(async () => {
  client = await db.client();
  await client.query(`
    create table counted (id int, note text);
    insert into counted select n, case when n % 4 = 0 then 'x' end from generate_series(1, 4000) n;
    create table heir () inherits (counted); insert into heir values (1, 'y');
    create table fresh (id int, note text) with (autovacuum_enabled = off); insert into fresh values (1, 'x');
    analyze counted`);
});

async function count(name: string, budgetMs: number) {
  const table = [...(await readTables(client)).values()].find((each) => each.name === name);
  if (!table) throw new Error(`no table ${name}`);
  const gone = { table, dropped: true, columns: ['note'], truncated: false };
  const [{ rows, values } = {}] = await countGone(client, [gone], undefined, budgetMs);
  return { rows, values };
}

it('counts exactly within its budget, and without what inherits', async () => {
  expect(await count('counted', 5_000)).toEqual({
    rows: { count: 4000, estimated: false },
    values: [{ count: 1000, estimated: false }],
  });
});

it('takes the estimates beyond it, and says so', async () => {
  expect(await count('counted', 0)).toEqual({
    rows: { count: 4000, estimated: true },
    values: [{ count: 1000, estimated: true }],
  });
});

it('knows nothing of a table that was never analysed', async () => {
  const unknown = { count: null, estimated: false };
  expect(await count('fresh', 0)).toEqual({ rows: unknown, values: [unknown] });
});

it('is cut short by the server where one count takes longer', async () => {
  const blocker = await db.client();
  await blocker.query('begin; lock table counted');
  const { rows } = await count('counted', 100);
  await blocker.query('rollback');
  expect(rows).toEqual({ count: 4000, estimated: true });
});
