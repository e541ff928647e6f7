import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { documents } from '../../src/report/documents/index.js';
import { roleFor } from '../app-role/fixture.js';
import { finished } from '../support/cli.js';
import { type Checkout, checkout, documentOf, untilRunning } from './fixture.js';

const SHOP = `-- migrate:up
create table tenants (id integer primary key);
create table people (id integer primary key, tenant_id integer references tenants);
create table orders (id integer primary key, person_id integer not null references people, total integer default 0);
alter table orders enable row level security;
create policy own on orders using (id > 0);
create function shout(word text) returns text language sql as $$ select upper(word) $$;
-- migrate:down
drop function shout; drop table orders, people, tenants;
`;

const project = () => checkout({ 'migrations/1_shop.sql': SHOP });

/** Of the JSON document, which has to be one of its schema. */
async function statusOf(c: Checkout) {
  const run = await c.run('status', '--check', '--json');
  const { drift, fingerprint, exitCode } = documents.status.parse(documentOf(run));
  return {
    exitCode,
    fingerprint,
    drift: drift?.map(({ change, kind, name }) => `${change} ${kind} ${name}`),
  };
}

/** The shop, and what somebody else has made of it. */
async function changed(): Promise<Checkout> {
  const c = await project();
  await c.apply();
  await c.db.query(`
    alter table orders alter total type bigint, alter total set not null;
    alter policy own on orders using (true);
    create or replace function shout(word text) returns text language sql as $$ select upper(word || '!') $$;
    grant select, delete on people to public;
    create table scratch ();
    create index on people (tenant_id)`);
  return c;
}

describe('status of a schema that somebody else has changed', () => {
  it('names each object, and how it differs, and --check exits with 3', async () => {
    const c = await changed();
    const { stdout, exitCode } = await c.run('status');
    expect(exitCode).toBe(0);
    expect(stdout.slice(stdout.indexOf('Drift'))).toMatch(
      /^Drift: 6 objects are not as migrate left them on \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ:\n/,
    );
    expect(stdout.slice(stdout.indexOf('\n  changed') + 1)).toBe(`  changed  policy public.orders.own
           using: (id > 0) → true
  changed  column public.orders.total
           not null: no → yes
           type: integer → bigint
  changed  table public.people
           grants: + DELETE to PUBLIC
           grants: + SELECT to PUBLIC
  created  index public.people_tenant_id_idx
  created  table public.scratch
  changed  function public.shout(word text)
           body: select upper(word) → select upper(word || '!')
Restore what is wrong; what is right: \`tenantctl migrate repair --accept-drift --reason "…"\`.
`);
    for (const line of stdout.split('\n').filter((each) => each.startsWith(' '))) {
      expect(line.length).toBeLessThanOrEqual(80);
    }
    expect(await statusOf(c)).toMatchObject({ exitCode: 3, drift: { length: 6 } });
  });

  it('is accepted on purpose, with a reason that is kept', async () => {
    const c = await changed();
    const accept = ['migrate', 'repair', '--accept-drift', '--reason', 'the DBA did it'];
    const dry = await c.run(...accept, '--dry-run');
    expect(dry.stdout).toContain('Would accept 6 objects as they are now; nothing was changed.');
    expect(await statusOf(c)).toMatchObject({ exitCode: 3 });
    const document = documents['migrate repair'].parse(documentOf(await c.run(...accept, '--json')));
    expect(document).toMatchObject({
      exitCode: 0,
      name: null,
      was: 'drift',
      now: 'accepted',
      drift: { length: 6 },
    });
    expect(await statusOf(c)).toMatchObject({ exitCode: 0, drift: [] });
    const [kept] = await c.db.query<{ accepted: unknown }>(
      'select accepted from tenantctl.schema_fingerprint',
    );
    expect(kept?.accepted).toMatchObject([
      { reason: 'the DBA did it', role: 'postgres', drift: { length: 6 } },
    ]);
    const again = await c.run(...accept);
    expect(again.exitCode).toBe(2);
    expect(again.stderr).toContain('Cannot accept drift: the schema is as tenantctl left it.');
  });

  it('cannot tell while a table is locked, and does not wait for it', async () => {
    const c = await changed();
    const blocker = await c.db.client();
    await blocker.query('begin; lock table orders');
    const { stdout } = await c.run('status');
    await blocker.query('rollback');
    expect(stdout).toContain('Drift: not known: somebody keeps a table locked just now');
  });

  it('is not compared with a fingerprint of another server, which the next migrate replaces', async () => {
    const c = await changed();
    await c.db.query('update tenantctl.schema_fingerprint set server_major = 9');
    expect(await statusOf(c)).toMatchObject({
      exitCode: 4,
      fingerprint: { state: 'incomparable' },
      drift: [],
    });
    expect((await c.run('status')).stdout).toContain('the fingerprint is of PostgreSQL 9');
    expect((await c.run('migrate')).exitCode).toBe(0);
    expect(await statusOf(c)).toMatchObject({ exitCode: 0, drift: [] });
  });
});

it('what seed, backfill-tenant and create-app-role do is no drift, and what was there before stays', async () => {
  const c = await project();
  const role = roleFor(c.db);
  const tenancy = {
    ...{ root: 'tenants', column: 'tenant_id', context: { setting: 'app.tenant' }, appRole: role },
  };
  await c.write({
    'tenantctl.config.json': JSON.stringify({ tenancy }),
    'seeds/1_people.sql': `create table seeded ();
      insert into tenants values (1); insert into people values (1, 1); insert into orders values (1, 1)`,
  });
  await c.apply();
  await c.db.query('create table alien ()');
  const alien = { drift: ['created table public.alien'], fingerprint: { state: 'comparable' } };
  for (const args of [['seed'], ['backfill-tenant', 'orders'], ['create-app-role', '--generate-password']]) {
    const { exitCode, stderr } = await c.run(...args);
    expect({ args, exitCode, stderr }).toMatchObject({ args, exitCode: 0 });
    expect(await statusOf(c), args.join(' ')).toMatchObject(alien);
  }
  expect(await c.db.query('select tenant_id from orders')).toEqual([{ tenant_id: 1 }]);
});

it('a kill between the last commit and the fingerprint is told, and the next migrate mends it', async () => {
  const c = await project();
  await c.apply();
  await c.db.query('create table alien ()');
  await c.write({ 'migrations/2_slow.sql': '-- migrate:up\ncreate table late ();\nselect pg_sleep(3);' });
  const child = c.spawn('migrate');
  const ended = finished(child);
  await untilRunning(c.db, 'pg_sleep(3)');
  expect(await statusOf(c)).toMatchObject({ fingerprint: { state: 'running', run: { command: 'migrate' } } });
  const blocker = await c.db.client();
  await blocker.query('begin; lock table tenantctl.schema_object in share mode');
  await until(c, 'select from pg_locks where not granted');
  child.kill('SIGKILL');
  await ended;
  // As the server does once it has noticed: by itself it would go on with all that it has been sent.
  await c.db.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'tenantctl/migrate'`,
  );
  await blocker.query('rollback');
  await until(
    c,
    `select where not exists (select from pg_stat_activity where datname = current_database() and application_name = 'tenantctl/migrate')`,
  );
  expect(await statusOf(c)).toMatchObject({
    ...{ exitCode: 4, drift: [] },
    fingerprint: { state: 'interrupted', run: { command: 'migrate' } },
  });
  expect((await c.run('status')).stdout).toContain('was interrupted before it could take the fingerprint');
  const next = await c.run('migrate');
  expect(next).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Nothing to migrate') });
  expect(await statusOf(c)).toMatchObject({ exitCode: 3, drift: ['created table public.alien'] });
});

/** Until the query returns a row. */
async function until(c: Checkout, query: string): Promise<void> {
  while ((await c.db.query(query)).length === 0) await sleep(20);
}
