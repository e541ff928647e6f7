import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { migrate } from '../../../src/migrator/migrate.js';
import { databaseAt } from '../../support/connect.js';
import { createTestDatabase } from '../../support/database.js';
import { checkout, documentOf } from '../fixture.js';

const tenancy = {
  ...{ root: 'organizations', column: 'organization_id', appGroup: 'pg_monitor' },
  context: { setting: 'app.organization_id' },
};
const files = {
  'tenantctl.config.json': JSON.stringify({ tenancy }),
  'migrations/1_root.sql': '-- migrate:up\ncreate table organizations (id bigint primary key);',
};

describe.each([
  ['ts', [] as string[]],
  ['sql', ['--sql']],
])('a .%s file', (extension, flags) => {
  it('comes last, and makes a table that no tenant can leave; its down drops it', async () => {
    const c = await checkout(files);
    const args = ['migrate', 'new', 'Create rooms', '--key-type', 'bigint', ...flags];
    const { path: written } = documentOf(await c.run(...args, '--json')) as { path: string };
    expect(path.basename(written)).toMatch(new RegExp(`^\\d{14}_create_rooms\\.${extension}$`));
    const second = documentOf(await c.run(...args, '--json')) as { path: string };
    expect(second.path > written).toBe(true);
    expect(await readFile(written, 'utf8')).toContain('"organization_id" bigint NOT NULL');
    await c.apply(path.basename(written));
    const [table] = await c.db.query(
      `select relrowsecurity, relforcerowsecurity, has_table_privilege('pg_monitor', oid, 'INSERT') as granted
         from pg_class where oid = 'rooms'::regclass`,
    );
    expect(table).toEqual({ relrowsecurity: true, relforcerowsecurity: true, granted: true });
    const policies = await c.db.query('select qual, with_check from pg_policies');
    expect(policies).toMatchObject([{ qual: expect.stringContaining("'app.organization_id'") }]);
    const keys = await c.db.query(
      `select pg_get_constraintdef(oid) as key from pg_constraint where conrelid = 'rooms'::regclass and contype in ('p', 'f') order by contype`,
    );
    expect(keys).toEqual([
      { key: 'FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE' },
      { key: 'PRIMARY KEY (organization_id, id)' },
    ]);
    expect((await c.run('rollback', '--steps', '1', '--yes')).exitCode).toBe(0);
    expect(await c.db.query("select to_regclass('rooms') as rooms")).toEqual([{ rooms: null }]);
  });

  it('is an empty one under another name, or without tenancy', async () => {
    const c = await checkout({ 'migrations/1_a.sql': files['migrations/1_root.sql'] });
    for (const name of ['create_rooms', 'add color to rooms']) {
      const { text } = documentOf(await c.run('migrate', 'new', name, '--dry-run', '--json', ...flags));
      expect(text).not.toContain('TABLE');
    }
    const { stdout } = await c.run('migrate', 'new', 'create_rooms', ...flags);
    expect(stdout).toMatch(/^Wrote \S+_create_rooms\.\w+\n$/);
  });
});

it('in a new project makes the directory; a name without a word, or that cannot come last, is refused', async () => {
  const c = await checkout({ 'tenantctl.config.json': '{ "migrations": { "directory": "db/new" } }' });
  expect((await c.run('migrate', 'new', 'create_a')).exitCode).toBe(0);
  expect(documentOf(await c.run('migrate', 'new', '?!', '--json'))).toMatchObject({ exitCode: 2 });
  await c.write({ 'db/new/V1__x.sql': '-- migrate:up\nselect 1;' });
  expect(documentOf(await c.run('migrate', 'new', 'x', '--json'))).toMatchObject({
    ...{ exitCode: 2, error: { message: expect.stringContaining('before V1__x.sql') } },
  });
});

it('a policy whose context only SQL knows is closed until it is written', async () => {
  const context = { sql: ["select set_config('request.jwt.claims', $1, true)"] };
  const c = await checkout({
    ...files,
    'tenantctl.config.json': JSON.stringify({ tenancy: { ...tenancy, context } }),
  });
  await c.run('migrate', 'new', 'create_rooms', '--key-type', 'bigint');
  const db = await createTestDatabase();
  try {
    const migrations = {
      directories: [path.join(c.directory, 'migrations')],
      ...{ tableName: 'knex_migrations', schemaName: undefined },
    };
    await migrate(await databaseAt(db.url), { migrations, lockWaitMs: 0, onEvent: () => {} });
    expect(await db.query('select qual from pg_policies')).toEqual([{ qual: 'false' }]);
  } finally {
    await db.drop();
  }
});
