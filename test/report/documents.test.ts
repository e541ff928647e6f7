import { readdirSync } from 'node:fs';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { type CommandName, documents, jsonSchemaOf } from '../../src/report/documents/index.js';
import { ROOT, runCli } from '../support/cli.js';
import { createLogin, createTestDatabase, dropRoleWith, type Template } from '../support/database.js';
import { temporaryDirectory } from '../support/temporary.js';

const ajv = new Ajv2020({ allErrors: true });
addFormats.default(ajv);

/** A run that has to end with this code, and where. */
interface Run {
  args: string[];
  exitCode: number;
  template?: Template;
  /** SQL on the database before it. */
  before?: string;
  env?: Record<string, string>;
  /** With a login of the application's. */
  app?: true;
  /** Files over those of the booking platform. */
  files?: Record<string, string>;
}

/** A role belongs to the whole server: each run has its own. */
const ROLE = '{role}';

const BROKEN = `export const up = (knex) => knex.raw('select nope');
export const down = () => undefined;
`;

/** Users of a system that had no tenants, their posts, and a post of nobody's. */
const UNFILLED = `
  create table organizations (id int primary key);
  create table roles (id int);
  create table users (id int primary key, organization_id int references organizations);
  create table posts (id int primary key, user_id int references users);
  insert into organizations values (1);
  insert into users values (1, 1), (2, null);
  insert into posts values (1, 1), (2, null);`;

const GONE = "update knex_migrations set name = 'gone.ts' where id = 1";
const LOCKED = 'update knex_migrations_lock set is_locked = 1';

const LEAK = `-- migrate:up
create policy more on students using (true);`;

const RUNS: Record<CommandName, Run[]> = {
  migrate: [
    { args: [], exitCode: 0 },
    { args: ['--dry-run'], exitCode: 0 },
    { args: ['--to', '20250718000001_create_organizations'], exitCode: 0 },
    { args: [], exitCode: 0, template: 'booking' },
    { args: [], exitCode: 10, files: { 'migrations/20240101_broken.ts': BROKEN } },
    { args: [], exitCode: 3, template: 'booking', before: GONE },
    {
      args: [],
      exitCode: 3,
      template: 'booking',
      files: { 'migrations/20250718000005_create_roles.js': BROKEN },
    },
    { args: [], exitCode: 3, template: 'booking', files: { 'migrations/20240101_broken.ts': BROKEN } },
    { args: ['--verify'], exitCode: 0, template: 'booking', app: true },
    { args: ['--verify'], exitCode: 4, template: 'booking' },
    {
      ...{ args: ['--verify'], exitCode: 3, template: 'booking', app: true },
      files: { 'migrations/20990101_leak.sql': LEAK },
    },
  ],
  'migrate baseline': [
    { args: ['--to', '20250718000001_create_organizations'], exitCode: 0 },
    { args: ['--to', '20250718000001_create_organizations', '--dry-run'], exitCode: 0 },
    { args: ['--to', 'nothing'], exitCode: 2 },
    { args: ['--to', '20250718000005_create_roles'], exitCode: 3, template: 'booking', before: GONE },
  ],
  'migrate repair': [
    { args: ['--accept', 'gone', '--reason', 'moved'], exitCode: 0, template: 'booking', before: GONE },
    { args: ['--pending', 'gone', '--reason', 'moved'], exitCode: 2, template: 'booking', before: GONE },
  ],
  'migrate unlock': [
    { args: ['--dry-run'], exitCode: 0, template: 'booking', before: LOCKED },
    { args: ['--yes'], exitCode: 0, template: 'booking', before: LOCKED },
    { args: [], exitCode: 2, template: 'booking', before: LOCKED },
    { args: [], exitCode: 0 },
  ],
  'migrate new': [
    { args: ['create_rooms'], exitCode: 0 },
    { args: ['create_rooms', '--sql', '--dry-run'], exitCode: 0 },
    { args: ['!'], exitCode: 2 },
  ],
  rollback: [
    { args: ['--steps', '2', '--yes'], exitCode: 0, template: 'booking' },
    { args: ['--all', '--dry-run'], exitCode: 0, template: 'booking' },
    { args: ['--yes'], exitCode: 0 },
    { args: ['--to', 'nothing'], exitCode: 2, template: 'booking' },
  ],
  'backfill-tenant': [
    { args: ['users', '--tenant', '1'], exitCode: 0, before: UNFILLED },
    { args: [], exitCode: 3, before: UNFILLED },
    { args: ['--dry-run'], exitCode: 0, before: UNFILLED },
    { args: ['users', '--tenant', '7'], exitCode: 2, before: UNFILLED },
    { args: [], exitCode: 0, template: 'booking-seeded' },
  ],
  status: [
    { args: [], exitCode: 0 },
    { args: ['--check'], exitCode: 3 },
    { args: ['--check'], exitCode: 0, template: 'booking' },
    { args: [], exitCode: 0, template: 'booking', before: GONE },
  ],
  seed: [
    { args: [], exitCode: 0, template: 'booking' },
    { args: ['--dry-run'], exitCode: 0, template: 'booking' },
    { args: [], exitCode: 10, template: 'booking', files: { 'seeds/00_broken.sql': 'select 1/0;' } },
  ],
  'create-app-role': [
    {
      args: ['--role', ROLE],
      exitCode: 0,
      template: 'booking',
      env: { APP_ROLE_PASSWORD: 'long-enough-for-a-test' },
    },
    { args: ['--role', ROLE, '--dry-run'], exitCode: 0, template: 'booking' },
    { args: ['--role', ROLE], exitCode: 2, template: 'booking' },
  ],
  checks: [
    { args: [], exitCode: 0 },
    { args: ['rls-not-forced'], exitCode: 0 },
    { args: ['rls-not-force'], exitCode: 2 },
  ],
  'verify-tenancy': [
    { args: [], exitCode: 0, template: 'booking', app: true },
    { args: [], exitCode: 4, template: 'booking' },
    {
      args: [],
      exitCode: 3,
      template: 'booking',
      app: true,
      before: 'alter table students disable row level security',
    },
    { args: ['--report', 'nope'], exitCode: 2, template: 'booking' },
    {
      args: ['--fix', 'fix.sql', '--baseline', 'known.json', '--update-baseline'],
      exitCode: 0,
      template: 'booking',
      app: true,
      before: 'alter table students disable row level security',
    },
    { args: ['--only', 'rls-disabled'], exitCode: 4, template: 'booking', app: true },
  ],
  init: [
    { args: ['--dry-run'], exitCode: 0, template: 'booking' },
    { args: ['--dry-run'], exitCode: 0 },
    { args: [], exitCode: 2 },
  ],
};

/** Runs a command on a database of its own, in a copy of the booking platform with a role of its own. */
async function documentOf(
  command: string,
  run: Run,
): Promise<{ document: unknown; exitCode: number | null }> {
  const db = await createTestDatabase(run.template ? { template: run.template } : {});
  try {
    const role = `${db.name}_app`;
    dropRoleWith(db, role);
    if (run.before !== undefined) await db.query(run.before);
    const login = run.app && (await createLogin(db, 'app', { memberOf: ['booking_app_access'] }));
    const cwd = await copyBooking(login?.role ?? role, run.files ?? {});
    const env = { DATABASE_URL: db.url, ...(login && { APP_DATABASE_URL: login.url }), ...run.env };
    const args = run.args.map((arg) => (arg === ROLE ? role : arg));
    const { stdout, exitCode } = await runCli([...command.split(' '), ...args, '--json'], { cwd, env });
    return { document: JSON.parse(stdout), exitCode };
  } finally {
    await db.drop();
  }
}

async function copyBooking(appRole: string, files: Record<string, string>): Promise<string> {
  const cwd = await temporaryDirectory();
  for (const name of ['migrations', 'seeds', 'checks', 'tenantctl.config.ts']) {
    await cp(path.join(ROOT, name), path.join(cwd, name), { recursive: true });
  }
  const config = path.join(cwd, 'tenantctl.config.ts');
  await writeFile(config, (await readFile(config, 'utf8')).replace("'booking_app'", `'${appRole}'`));
  for (const [file, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(cwd, file)), { recursive: true });
    await writeFile(path.join(cwd, file), text);
  }
  return cwd;
}

describe.each(Object.entries(RUNS))('the document of %s', (command, runs) => {
  const name = command as CommandName;
  const validate = ajv.compile(jsonSchemaOf(name));

  it.each(runs)('after $args, exit code $exitCode', async (run) => {
    const { document, exitCode } = await documentOf(command, run);
    expect(exitCode).toBe(run.exitCode);
    expect(document).toMatchObject({ version: 1, command, exitCode });
    validate(document);
    expect(validate.errors ?? []).toEqual([]);
    expect(documents[name].safeParse({ ...(document as object), surprise: 1 }).success).toBe(false);
  });

  it('after a wrong flag', async () => {
    const { stdout } = await runCli([...command.split(' '), '--nope', '--json']);
    validate(JSON.parse(stdout));
    expect(validate.errors ?? []).toEqual([]);
  });
});

it('every command has a schema', () => {
  const commands = readdirSync(`${ROOT}src/commands`, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.replace(/\.ts$/, '').replaceAll(path.sep, ' '));
  expect(Object.keys(documents).sort()).toEqual(commands.sort());
});
