import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { quoteIdent } from '../../src/identifiers.js';
import { migrate } from '../../src/migrator/migrate.js';
import { databaseAt } from '../support/connect.js';
import { createLogin } from '../support/database.js';
import { outside, project, table } from './fixture.js';

it.each([
  [
    'its connection',
    (url: string, owner: string) => `${url}?options=${encodeURIComponent(`-c role=${owner}`)}`,
  ],
  ['its login', (url: string) => url],
])(
  'a login that may only become the owner makes what the owner owns, where %s says so',
  async (where, urlOf) => {
    const p = await project({
      '1_a.sql': '-- migrate:up\ncreate table a (id int);',
      '2_b.ts': table('b'),
      '3_c.ts': outside(['create table c (id int)', 'vacuum c']),
    });
    const owner = await createLogin(p.db, 'owner');
    const login = await createLogin(p.db, 'migrator', { attributes: 'NOINHERIT', memberOf: [owner.role] });
    const role = quoteIdent(owner.role);
    await p.db.query(
      `grant create on database ${quoteIdent(p.db.name)} to ${role}; grant create on schema public to ${role}`,
    );
    if (where === 'its login') await p.db.query(`alter role ${quoteIdent(login.role)} set role = ${role}`);
    const options = {
      migrations: { directories: [p.directory], tableName: 'knex_migrations', schemaName: undefined },
      lockWaitMs: 0,
      onEvent: () => undefined,
    };
    expect((await migrate(await databaseAt(urlOf(login.url, owner.role)), options)).applied).toHaveLength(3);
    const owners = await p.db.query<{ owner: string }>(
      `select distinct relowner::regrole::text as owner from pg_class
      where relkind = 'r' and relnamespace in ('public'::regnamespace, 'tenantctl'::regnamespace)`,
    );
    expect(owners).toEqual([{ owner: owner.role }]);
  },
);

it('what a policy would hide from the owner is an error, and not a migration that changes nothing', async () => {
  const p = await project({
    '1_fill.sql': "-- migrate:up\nupdate notes set body = 'filled' where body is null;",
  });
  const owner = await createLogin(p.db, 'owner');
  const role = quoteIdent(owner.role);
  await p.db.query(`create table notes (tenant_id int not null, body text); insert into notes values (1), (2);
    alter table notes enable row level security, force row level security, owner to ${role};
    create policy iso on notes using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::int);
    grant create on database ${quoteIdent(p.db.name)} to ${role}; grant create on schema public to ${role}`);
  const run = async () =>
    migrate(await databaseAt(owner.url), {
      migrations: { directories: [p.directory], tableName: 'knex_migrations', schemaName: undefined },
      lockWaitMs: 0,
      onEvent: () => undefined,
    });
  await expect(run()).rejects.toMatchObject({
    kind: 'privilege',
    sql: { sqlstate: '42501', statement: expect.stringContaining('update notes') },
    hint: expect.stringMatching(/BYPASSRLS.*SET LOCAL row_security = on/),
  });
  await writeFile(
    join(p.directory, '1_fill.sql'),
    `-- migrate:up
set local row_security = on;
set local app.tenant_id = '1';
update notes set body = 'filled' where body is null;`,
  );
  await run();
  expect(await p.db.query('select tenant_id from notes where body is not null')).toEqual([{ tenant_id: 1 }]);
});
