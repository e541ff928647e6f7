import { describe, expect, it } from 'vitest';
import { failure, outside, project, table } from './fixture.js';

const SQL = '-- migrate:up\ncreate table c (n int);';
const files = { '1_a.ts': table('a'), '2_b.js': table('b'), '3_c.sql': SQL };

describe.each([
  ['code and SQL', files],
  [
    'SQL alone',
    { '1_a.sql': SQL.replace('c (', 'a ('), '2_b.sql': SQL.replace('c (', 'b ('), '3_c.sql': SQL },
  ],
])('one transaction for %s', (_, some) => {
  it('applies all of them', async () => {
    const p = await project(some);
    const { applied } = await p.migrate({ singleTransaction: true });
    expect(applied.map(({ name, batch }) => [name, batch])).toEqual(
      Object.keys(some).map((name) => [name, 1]),
    );
    const [made] = await p.db.query<{ xids: number }>(
      "select count(distinct xmin::text)::int as xids from pg_class where relname in ('a', 'b', 'c')",
    );
    expect(made).toEqual({ xids: 1 });
    expect(await p.status()).toMatchObject({ pending: [], partWay: [] });
  });

  it('or none: the first that fails takes all with it, and says so', async () => {
    const p = await project({ ...some, '4_x.sql': '-- migrate:up\nselect nope;' });
    const error = await failure(p.migrate({ singleTransaction: true }));
    expect(error).toMatchObject({
      ...{ kind: 'step-failed', sql: { sqlstate: '42703' } },
      partial: {
        applied: [],
        failed: { name: '4_x.sql', left: 'nothing' },
        pending: [...Object.keys(some), '4_x.sql'],
      },
    });
    expect(error.message).toContain('The whole run was one transaction, and nothing of it stays.');
    expect(await p.ledger()).toEqual([]);
    expect(await p.db.query("select from pg_class where relname in ('a', 'b', 'c')")).toEqual([]);
  });

  it('is tried again as a whole where a lock is in the way', async () => {
    const p = await project({ '0_t.ts': table('t') });
    await p.migrate();
    await p.write({ ...some, '4_x.sql': '-- migrate:up\nalter table t add n int;' });
    const other = await p.db.client();
    await other.query('begin; select from t');
    setTimeout(() => void other.query('commit'), 1_500);
    expect((await p.migrate({ singleTransaction: true })).applied).toHaveLength(4);
    expect(p.events).toContainEqual({ kind: 'info', text: expect.stringContaining('the whole run: a lock') });
  });
});

it('is refused, before anything is done, where a file asks to run outside of one', async () => {
  const p = await project({ ...files, '4_i.ts': outside(['select 1']) });
  for (const dryRun of [true, false]) {
    const error = await failure(p.migrate({ singleTransaction: true, dryRun }));
    expect(error).toMatchObject({ kind: 'usage', code: 'NOT_TRANSACTIONAL' });
    expect(error.message).toContain('4_i.ts');
  }
  expect((await p.status()).pending).toHaveLength(4);
  expect((await p.migrate({ singleTransaction: true, to: '3_c' })).applied).toHaveLength(3);
});

it('a caught error in one of them is not taken for success', async () => {
  const swallow = `export const up = (knex) => knex.raw('select 1/0').catch(() => {});`;
  const p = await project({ '1_a.ts': table('a'), '2_x.ts': swallow });
  const error = await failure(p.migrate({ singleTransaction: true }));
  expect(error.message).toMatch(/Cannot apply 2_x\.ts: .*PostgreSQL has given the transaction up/);
  expect(await p.ledger()).toEqual([]);
});
