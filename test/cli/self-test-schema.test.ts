import { expect, it } from 'vitest';
import { applyWithBackfill, seedTenants } from '../../src/cli/self-test-schema.js';
import { failure, project } from '../migrator/fixture.js';
import { databaseAt } from '../support/connect.js';
import { createLogin } from '../support/database.js';
import { baseConfig } from '../support/leaks.js';

const TENANCY = { ...baseConfig('public'), appRole: undefined, shared: [] };
const RUN = { lockWaitMs: 10_000, onEvent: () => {}, signal: new AbortController().signal };

const TABLES = `-- migrate:up
  create table tenants (id text primary key);
  create table notes (id int primary key, body text);
  insert into notes values (1, 'one');`;
const TENANT = "-- migrate:up\ninsert into tenants values ('first'), ('second');";
/** Fails until each row has its tenant. */
const REQUIRED = `-- migrate:up
  alter table notes alter tenant_id set not null, add foreign key (tenant_id) references tenants;`;

async function applied(files: Record<string, string>) {
  const p = await project(files);
  const database = await databaseAt(p.db.url);
  return { p, run: () => applyWithBackfill(database, TENANCY, RUN, () => p.migrate()) };
}

it('where a migration waits for the tenant column, fills it as backfill-tenant does, and goes on', async () => {
  const { p, run } = await applied({
    '1_tables.sql': TABLES,
    '2_tenant.sql': TENANT,
    '3_required.sql': REQUIRED,
  });
  expect(await run()).toBe('first');
  expect(await p.ledger()).toEqual(['1_tables.sql', '2_tenant.sql', '3_required.sql']);
  expect(await p.db.query('select * from notes')).toEqual([{ id: 1, body: 'one', tenant_id: 'first' }]);
});

it('fills nothing where no migration stops', async () => {
  const { p, run } = await applied({ '1_tables.sql': TABLES, '2_tenant.sql': TENANT });
  expect(await run()).toBeUndefined();
  expect(await p.db.query('select * from notes')).toEqual([{ id: 1, body: 'one' }]);
});

it.each([
  [
    'for another reason',
    { '2_tenant.sql': TENANT, '3_required.sql': REQUIRED, '4_wrong.sql': '-- migrate:up\nselect 1 / 0;' },
  ],
  ['and no tenant was made', { '3_required.sql': REQUIRED }],
  ['before there is a root', { '0_wrong.sql': '-- migrate:up\nselect 1 / 0;' }],
])('says what has to be where one stops %s', async (_, files) => {
  const { run } = await applied({ '1_tables.sql': TABLES, ...files });
  const error = await failure(run());
  expect(error).toMatchObject({ kind: 'step-failed', code: 'SELF_TEST_MIGRATIONS' });
  expect(error.message).toMatch(
    /^Cannot make the schema to test in an empty database: Cannot apply \d_\w+\.sql: /,
  );
  expect(error.hint).toContain('tenantctl backfill-tenant');
});

it('runs the seeds only where there would be no two tenants without', async () => {
  const p = await project({
    '1.sql': TABLES,
    '2.sql': "-- migrate:up\ninsert into tenants values ('first');",
  });
  await p.migrate();
  const app = await createLogin(p.db, 'app');
  const seeds = await project({ '1_tenants.sql': "insert into tenants values ('second')" });
  const run = async (...directories: string[]) =>
    seedTenants(await databaseAt(p.db.url), TENANCY, RUN, { role: app.role, seeds: { directories } });
  const grant = (what: string) => p.db.query(`${what} "${app.role}"`);

  expect(await run(`${seeds.directory}/none`)).toBe(false);
  await grant('grant insert (id) on tenants to');
  expect(await run(seeds.directory)).toBe(false);
  await grant('revoke insert (id) on tenants from');
  expect(await run(seeds.directory)).toBe(true);
  expect(await run(seeds.directory)).toBe(false);
  expect(await p.db.query('select id from tenants order by id')).toEqual([{ id: 'first' }, { id: 'second' }]);
});
