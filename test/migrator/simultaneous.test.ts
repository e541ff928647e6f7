import { expect, it } from 'vitest';
import { cjs, failure, outside, project, table, withKnex } from './fixture.js';

/** Files that would fail or count twice if they ran twice. */
const files = Object.fromEntries(
  Array.from({ length: 6 }, (_, index) => [
    `${index}_t.ts`,
    index % 3 === 2 ? outside([`create table t${index} ()`], [`drop table t${index}`]) : table(`t${index}`),
  ]),
);

it.each([2, 5, 10])('%i at the same time apply each file once', async (count) => {
  const p = await project(files);
  const results = await Promise.all(Array.from({ length: count }, () => p.migrate()));
  const applied = results.flatMap((result) => result.applied.map(({ name }) => name));
  expect(applied).toEqual(Object.keys(files));
  expect(await p.ledger()).toEqual(Object.keys(files));
});

it.each([1, 2, 3])('one beside the knex CLI: each file is applied once (round %i)', async () => {
  const cjsFiles = Object.fromEntries(
    Array.from({ length: 6 }, (_, index) => [`${index}_t.cjs`, cjs(`t${index}`)]),
  );
  const p = await project(cjsFiles);
  const cli = () =>
    withKnex(p, (migrator) => migrator.latest()).catch((error: Error) => {
      // What knex says of a lock that is taken, or of a table that came while it was making it.
      expect(error.message).toMatch(/already locked|already exists|duplicate key/);
    });
  const [{ applied }] = await Promise.all([p.migrate(), cli()]);
  expect(await p.ledger()).toEqual(Object.keys(cjsFiles));
  expect(applied.length).toBeLessThanOrEqual(6);
  expect(await p.migrate()).toMatchObject({ before: 6, planned: [] });
  expect(await p.db.query('select is_locked from knex_migrations_lock')).toEqual([{ is_locked: 0 }]);
});

it('migrate and rollback take turns', async () => {
  const p = await project(files);
  await p.migrate();
  for (let round = 0; round < 3; round += 1) {
    await Promise.all([
      p.rollback({ selection: { kind: 'all' } }),
      p.migrate(),
      p.rollback({ selection: { kind: 'all' } }),
    ]);
    const { applied, partWay } = await p.status();
    expect([0, 6]).toContain(applied.length);
    expect(partWay).toEqual([]);
    await p.migrate();
  }
});

it('waits for the holder, names it, and gives up in time', async () => {
  const p = await project({ '1_x.ts': "export const up = (knex) => knex.raw('select pg_sleep(3)');" });
  const running = p.migrate();
  await until(
    async () =>
      (
        await p.db.query(
          "select from pg_stat_activity where query like '%pg_sleep(3)%' and datname = current_database() and pid <> pg_backend_pid()",
        )
      ).length > 0,
  );
  const error = await failure(p.migrate({ lockWaitMs: 300 }));
  expect(error).toMatchObject({ kind: 'retry', code: 'LOCKED' });
  expect(error.message).toMatch(
    /Cannot take the migration lock of knex_migrations within 0\.3 s: pid \d+ \(tenantctl\/test from .*pg_sleep/,
  );
  expect(p.events).toContainEqual({
    kind: 'info',
    text: expect.stringMatching(/^Waiting for the migration lock of knex_migrations: pid \d+/),
  });
  const [waited] = await Promise.all([p.migrate(), running]);
  expect(waited).toMatchObject({ before: 1, planned: [] });
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 50));
}
