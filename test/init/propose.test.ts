import { expect, it } from 'vitest';
import { readCatalog } from '../../src/catalog/read.js';
import { type Proposal, propose } from '../../src/init/propose.js';
import { withTransaction } from '../../src/postgres/transaction.js';
import {
  createLogin,
  createTestDatabase,
  dropRoleWith,
  type Template,
  type TestDatabase,
} from '../support/database.js';

/** Proposes for a database of its own, after some SQL. */
async function proposeFor(
  sql: string | ((db: TestDatabase) => Promise<unknown>),
  template: Template = 'empty',
): Promise<Proposal | undefined> {
  const db = await createTestDatabase({ template });
  try {
    if (typeof sql === 'string') await db.query(sql);
    else await sql(db);
    const client = await db.client();
    return await propose(
      await withTransaction(client, 'repeatable read, read only', () => readCatalog(client)),
    );
  } finally {
    await db.drop();
  }
}

/** The values alone. */
function values(proposal: Proposal | undefined) {
  return {
    root: proposal && `${proposal.root.value.schema}.${proposal.root.value.name}`,
    column: proposal?.column.value,
    setting: proposal?.setting.value,
  };
}

const TABLES = `
  create table organizations (id int primary key);
  create table users (id int primary key, organization_id int references organizations);
  create table posts (id int primary key, organization_id int references organizations, user_id int references users);
  create table likes (id int primary key, organization_id int references organizations, user_id int references users);`;

it('concludes from the booking platform what its configuration says', async () => {
  let role = '';
  const proposal = await proposeFor(async (db) => {
    ({ role } = await createLogin(db, 'app', { memberOf: ['booking_app_access'] }));
  }, 'booking');
  expect(proposal).toEqual({
    schemas: ['public'],
    root: {
      value: { schema: 'public', name: 'organizations' },
      because: expect.stringMatching(/^11 tables with a foreign key to organizations by organization_id/),
    },
    column: { value: 'organization_id', because: expect.stringMatching(/^on .* and 7 more$/) },
    setting: {
      value: 'app.organization_id',
      because: expect.stringContaining('function current_organization_id'),
    },
    claim: undefined,
    appRole: {
      value: expect.toSatisfy((name) => [role, 'booking_app'].includes(name)),
      because: expect.stringContaining('a login, no superuser, may write'),
    },
    appGroup: { value: 'booking_app_access', because: expect.stringContaining('no login of its own') },
    unassigned: [{ schema: 'public', name: 'roles' }],
    rowSecurity: undefined,
  });
});

it('names the role that is still to be created, after the group that holds its privileges', async () => {
  let group = '';
  const proposal = await proposeFor(async (db) => {
    group = `${db.name}_access`;
    dropRoleWith(db, group);
    await db.query(`${TABLES} create role "${group}" nologin; grant insert on users, posts to "${group}"`);
  });
  expect(proposal?.appRole).toEqual({
    value: group.replace('_access', ''),
    because: 'there is no such role yet: tenantctl create-app-role makes it',
  });
  expect(proposal?.appGroup).toEqual({
    value: group,
    because: 'no login of its own, may write 2 of these 3 tables',
  });
});

it('says nothing about a database without tables, or without anything in common', async () => {
  expect(await proposeFor('select')).toBeUndefined();
  expect(await proposeFor('create table a (id int primary key); create table b (id int)')).toBeUndefined();
});

it('climbs from what most tables refer to, to what that belongs to', async () => {
  const proposal = await proposeFor(`${TABLES}
    create table sessions (id int, user_id int references users);
    create table devices (id int, user_id int references users);`);
  expect(values(proposal)).toMatchObject({ root: 'public.organizations', column: 'organization_id' });
  expect(proposal?.root.because).toContain('next likely: users');
  expect(proposal?.rowSecurity).toMatch(/^Row level security is off on 4 of 4 tables: /);
});

it('climbs by a table of memberships, too', async () => {
  const tables = `
    create table users (id int primary key);
    create table emails (id int, user_id int references users);
    create table sessions (id int, user_id int references users);`;
  const members = 'user_id int references users, organization_id int references organizations';
  const proposal = await proposeFor(`${tables} create table organizations (id int primary key);
    create table memberships (${members}); create table invitations (${members});`);
  expect(values(proposal)).toMatchObject({ root: 'public.organizations', column: 'organization_id' });
  const things = await proposeFor(`${tables} create table things (id int primary key);
    create table likes (user_id int references users, thing_id int references things);`);
  expect(values(things)).toMatchObject({ root: 'public.users', column: 'user_id' });
});

it('takes the users for the tenants where nothing stands above them', async () => {
  const proposal = await proposeFor(`
    create table users (id int primary key);
    create table notes (id int, user_id int references users);
    create table files (id int, owner int references users, user_id int references users);`);
  expect(values(proposal)).toMatchObject({ root: 'public.users', column: 'user_id' });
});

it('goes by names where there are no foreign keys', async () => {
  const proposal = await proposeFor(`
    create table clinics (id text primary key);
    create table providers (id text, clinic_id text);
    create table patients (id text, clinic_id text, "providerId" text);`);
  expect(values(proposal)).toMatchObject({ root: 'public.clinics', column: 'clinic_id' });
  expect(proposal?.root.because).toContain('2 tables with a column clinic_id and no foreign key');
});

it('takes no table for the root that has no key to refer to', async () => {
  const proposal = await proposeFor(`
    create table orgs (region int, id int, primary key (region, id));
    create table notes (id int, org_id int);`);
  expect(proposal).toBeUndefined();
});

it('keeps the names of other schemas as they are', async () => {
  const proposal = await proposeFor(`
    create schema "Shop.eu"; set search_path = "Shop.eu";
    create table "Tenants" ("Id" int primary key);
    create table "Orders" ("tenantId" int references "Tenants");
    create table public.notes (note text);`);
  expect(values(proposal)).toMatchObject({ root: 'Shop.eu.Tenants', column: 'tenantId' });
  expect(proposal?.schemas).toEqual(['Shop.eu']);
  expect(proposal?.unassigned).toEqual([]);
});

it('reads the setting out of policies, functions and defaults, by the scanner', async () => {
  const proposal = await proposeFor(`${TABLES}
    create function who() returns int language plpgsql as $$ begin
      -- current_setting('app.in_a_comment')
      return 'current_setting(''app.in_a_string'')' is null or current_setting('app.user_id', true)::int > 0;
    end $$;
    create policy p on posts using (user_id = who());
    create policy o on posts using (organization_id = current_setting('tenancy.current_organization')::int);
    alter table likes alter user_id set default current_setting('app.user_id')::int;
    alter table likes alter id set default length(current_setting('search_path'));`);
  expect(proposal?.setting).toEqual({
    value: 'tenancy.current_organization',
    because: 'read by policy o on posts',
  });
});

it.each([
  ['sub', "coalesce(claims ->> 'sub', claims ->> 'role')"],
  ['organization_id', "claims ->> 'organization_id'"],
  ['sub', "claims ->> 'organization_metadata'"],
  ['organization', "coalesce(claims ->> 'sub', claims -> 'app' ->> 'organization')"],
])('finds the claim that names the tenant: %s', async (claim, expression) => {
  const proposal = await proposeFor(`${TABLES}
    create function who() returns text language sql stable as $$ select ${expression}
      from (select current_setting('request.jwt.claims', true)::json as claims) as s $$;
    create function other() returns text language sql stable as $$ select '{}'::json ->> 'organization_role' $$;
    create policy o on posts using (organization_id = who()::int);`);
  expect(proposal).toMatchObject({ setting: { value: 'request.jwt.claims' }, claim });
});

it('does not take a superuser, an owner or a reader for the application', async () => {
  const proposal = await proposeFor(async (db) => {
    await db.query(TABLES);
    const owner = await createLogin(db, 'owner');
    const reader = await createLogin(db, 'reader');
    const bypass = await createLogin(db, 'bypass', { attributes: 'BYPASSRLS' });
    await db.query(`
      alter table users owner to "${owner.role}";
      grant select on all tables in schema public to "${reader.role}";
      grant all on posts to "${bypass.role}", "${owner.role}", public;`);
  });
  expect(proposal?.appRole.because).toContain('there is no such role yet');
  expect(proposal?.appGroup).toBeUndefined();
});

it('the role that is to be is none that owns the tables, nor said not to be there where it is', async () => {
  const named = async (attributes: string) => {
    let name = '';
    const proposal = await proposeFor(async (db) => {
      name = `${db.name}_app`;
      dropRoleWith(db, name);
      await db.query(`create role "${name}" ${attributes}; ${TABLES}`);
      if (attributes === '') await db.query(`alter table users owner to "${name}"`);
    });
    return { name, ...proposal?.appRole };
  };
  const owner = await named('');
  expect(owner).toMatchObject({
    value: `${owner.name}_login`,
    because: expect.stringContaining('no such role'),
  });
  const bare = await named('login');
  expect(bare).toMatchObject({ value: bare.name, because: expect.stringContaining('a role of that name') });
});
