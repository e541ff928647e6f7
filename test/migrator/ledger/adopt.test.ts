import { expect, it } from 'vitest';
import { cjs, failure, project, withKnex } from '../fixture.js';

const files = { '1_a.cjs': cjs('a'), '2_b.cjs': cjs('b') };
const LOG = `select name, state, checksum is not null as checksum, row_id, duration_ms, statements, role, host, version
  from tenantctl.migration_log order by name`;
const unseen = { duration_ms: null, statements: null, role: null, host: null, version: null };

it("takes a history of knex's over on first use, and pretends nothing", async () => {
  const p = await project(files);
  await withKnex(p, (migrator) => migrator.latest());
  expect(await p.status()).toMatchObject({ changed: [], pending: [] });
  expect(await p.migrate()).toMatchObject({ before: 2, planned: [] });
  expect(await p.db.query(LOG)).toEqual([
    { name: '1_a', state: 'adopted', checksum: true, row_id: 1, ...unseen },
    { name: '2_b', state: 'adopted', checksum: true, row_id: 2, ...unseen },
  ]);
  expect((await p.status()).applied).toMatchObject([{ durationMs: null }, { durationMs: null }]);
  await p.write({ '1_a.cjs': `${cjs('a')}// edited\n` });
  expect(await failure(p.migrate())).toMatchObject({ code: 'MIGRATIONS_CHANGED' });
});

it('knows what tenantctl has run: how long, how many statements, who, where, with which version', async () => {
  const p = await project({
    '1_a.cjs': cjs('a'),
    '2_b.sql': '-- migrate:up\nselect 1; select 2; select 3;',
  });
  await p.migrate();
  const seen = { role: expect.any(String), host: expect.any(String), version: expect.any(String) };
  expect(await p.db.query(LOG)).toEqual([
    {
      name: '1_a',
      state: 'applied',
      checksum: true,
      row_id: 1,
      duration_ms: expect.any(Number),
      statements: 1,
      ...seen,
    },
    {
      name: '2_b',
      state: 'applied',
      checksum: true,
      row_id: 2,
      duration_ms: expect.any(Number),
      statements: 3,
      ...seen,
    },
  ]);
});

it('notices that knex undid and applied a file again: what it was then is what counts', async () => {
  const p = await project({ '1_a.cjs': cjs('a') });
  await p.migrate();
  await withKnex(p, (migrator) => migrator.rollback());
  await p.write({ '1_a.cjs': `${cjs('a')}// knex has run this one\n` });
  await withKnex(p, (migrator) => migrator.latest());
  expect((await p.status()).changed).toEqual([]);
  await p.migrate();
  expect(await p.db.query(LOG)).toEqual([
    { name: '1_a', state: 'adopted', checksum: true, row_id: 2, ...unseen },
  ]);
});

it('brings a log of version 0.1 along', async () => {
  const p = await project(files);
  await p.migrate({ to: '1_a' });
  await p.db.query(`
    alter table tenantctl.migration_log drop column row_id, drop column statements, drop column repairs,
      drop column finished, drop column begun, drop column in_flight,
      drop constraint migration_log_state_check,
      add constraint migration_log_state_check check (state in ('started', 'applied', 'reverting')),
      alter checksum set not null, alter host set not null, alter version set not null, alter role set not null;
    drop table tenantctl.lock_holder`);
  expect(await p.status()).toMatchObject({ applied: [{ name: '1_a.cjs' }], pending: ['2_b.cjs'] });
  await p.migrate();
  const rows = await p.db.query('select name, state, row_id from tenantctl.migration_log order by name');
  expect(rows).toEqual([
    { name: '1_a', state: 'applied', row_id: null },
    { name: '2_b', state: 'applied', row_id: 2 },
  ]);
});
