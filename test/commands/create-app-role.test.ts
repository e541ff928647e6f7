import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { quoteIdent } from '../../src/identifiers.js';
import { documents } from '../../src/report/documents/index.js';
import { roleFor, SHOP } from '../app-role/fixture.js';
import { runCli } from '../support/cli.js';
import { createLogin, serverUrl, useTestDatabase } from '../support/database.js';
import { urlFor, withClient } from '../support/server.js';
import { temporaryDirectory } from '../support/temporary.js';
import { ENTER, runOnTerminal } from '../support/terminal.js';

const db = useTestDatabase();
const CANARY = 'canary-in-the-coal-mine';

beforeAll(() => db.query(SHOP));

/** A project of its own, so that what is kept below .tenantctl is too. */
async function project(appRole?: string): Promise<{ cwd: string; env: Record<string, string> }> {
  const cwd = await temporaryDirectory();
  const tenancy = {
    ...{ root: 'tenants', column: 'tenant_id', context: { setting: 'app.tenant_id' } },
    shared: { countries: 'the same for all' },
    ...(appRole !== undefined && { appRole }),
  };
  await writeFile(path.join(cwd, 'tenantctl.config.json'), JSON.stringify({ tenancy }));
  return { cwd, env: { DATABASE_URL: db.url } };
}

async function login(role: string, password: string): Promise<void> {
  await withClient(urlFor(serverUrl(), db.name, { role, password }), (client) =>
    client.query('SELECT FROM orders'),
  );
}

it('--generate-password keeps the login in a 0600 file, and a second run changes nothing', async () => {
  const role = roleFor(db);
  const { cwd, env } = await project(role);
  const args = ['create-app-role', '--generate-password', '--json'];
  const first = await runCli(args, { cwd, env });
  expect(first).toMatchObject({ exitCode: 0, stderr: '' });
  const document = documents['create-app-role'].parse(JSON.parse(first.stdout));
  expect(document).toMatchObject({ role, created: true, password: 'set', group: null, exitCode: 0 });
  const directory = path.join(cwd, '.tenantctl', 'credentials');
  const [file = ''] = await readdir(directory);
  const kept = await readFile(path.join(directory, file), 'utf8');
  const { password } = JSON.parse(kept);
  await login(role, password);
  expect(first.stdout).not.toContain(password);
  const second = await runCli(args, { cwd, env });
  expect(JSON.parse(second.stdout)).toMatchObject({ created: false, password: 'unchanged', changes: [] });
  expect(await readFile(path.join(directory, file), 'utf8')).toBe(kept);
});

it('takes the password from APP_ROLE_PASSWORD or a file, and says it nowhere', async () => {
  const role = roleFor(db, 'canary');
  const { cwd, env } = await project();
  const asked = await runCli(['create-app-role', '--role', role], { cwd, env });
  expect(asked.exitCode).toBe(2);
  expect(asked.stderr).toContain('APP_ROLE_PASSWORD');
  expect(asked.stderr).toContain('--password-file');

  const secret = { ...env, APP_ROLE_PASSWORD: CANARY, DEBUG: '*' };
  const created = await runCli(['create-app-role', '--role', role], { cwd, env: secret });
  expect(created.exitCode).toBe(0);
  await login(role, CANARY);

  const file = path.join(cwd, 'password');
  await writeFile(file, `${CANARY}-2\n`);
  const flag = ['--role', role, '--password-file', file];
  const changed = await runCli(['create-app-role', ...flag], { cwd, env: { ...env, DEBUG: '*' } });
  expect(changed.stdout).toContain(`ALTER ROLE "${role}" PASSWORD 'SCRAM-SHA-256$***'`);
  await login(role, `${CANARY}-2`);

  // Failing paths, too: a role that may not, and a file that is not there.
  const plain = await createLogin(db, 'plain');
  const denied = await runCli(['create-app-role', '--role', role], {
    cwd,
    env: { ...secret, DATABASE_URL: plain.url },
  });
  expect(denied.exitCode).toBe(77);
  const missing = await runCli(['create-app-role', '--role', role, '--password-file', 'nowhere'], {
    cwd,
    env: secret,
  });
  expect(missing).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('there is no such file') });
  for (const { stdout, stderr } of [created, changed, denied, missing]) {
    expect(stdout + stderr).not.toContain(CANARY);
    expect(stdout + stderr).not.toMatch(/SCRAM-SHA-256\$\d/);
  }
});

it('asks twice on a terminal, and shows neither answer', async () => {
  const role = roleFor(db, 'typed');
  const { cwd, env } = await project();
  const args = ['create-app-role', '--role', role];
  const first = `New password for role ${role}:`;
  const differ = await runOnTerminal(
    args,
    [
      { after: first, type: CANARY + ENTER },
      { after: 'Once more:', type: `something else${ENTER}` },
    ],
    { cwd, env },
  );
  // On a terminal prose is broken between words.
  expect(differ).toMatchObject({
    exitCode: 2,
    stdout: expect.stringMatching(/the\s+two\s+answers\s+differ/),
  });
  const same = await runOnTerminal(
    args,
    [
      { after: first, type: CANARY + ENTER },
      { after: 'Once more:', type: CANARY + ENTER },
    ],
    { cwd, env },
  );
  expect(same.exitCode).toBe(0);
  await login(role, CANARY);
  expect(differ.stdout + same.stdout).not.toContain(CANARY);
});

it('--dry-run prints the SQL and leaves no trace', async () => {
  const role = roleFor(db, 'dry');
  const { cwd, env } = await project(role);
  const { exitCode, stdout } = await runCli(['create-app-role', '--dry-run', '--generate-password'], {
    cwd,
    env,
  });
  expect(exitCode).toBe(0);
  expect(stdout).toContain(`GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "public"."orders" TO "${role}";`);
  expect(await db.query('SELECT FROM pg_roles WHERE rolname = $1', [role])).toEqual([]);
  await expect(readdir(path.join(cwd, '.tenantctl'))).rejects.toMatchObject({ code: 'ENOENT' });
});

it('exits 3 for a role above the policies, 2 without a name or with two sources', async () => {
  const owner = await createLogin(db, 'owns');
  await db.query(`ALTER TABLE orders OWNER TO ${quoteIdent(owner.role)}`);
  const { cwd, env } = await project();
  const json = await runCli(['create-app-role', '--role', owner.role, '--json'], {
    ...{ cwd, env: { ...env, APP_ROLE_PASSWORD: CANARY } },
  });
  const document = documents['create-app-role'].parse(JSON.parse(json.stdout));
  expect(document).toMatchObject({
    ...{
      exitCode: 3,
      error: { code: 'APP_ROLE_UNSAFE', message: expect.stringContaining('owns the table orders') },
    },
  });
  await db.query('ALTER TABLE orders OWNER TO CURRENT_USER');
  expect(await runCli(['create-app-role'], { cwd, env })).toMatchObject({
    ...{ exitCode: 2, stderr: expect.stringContaining('--role my_app') },
  });
  const two = ['create-app-role', '--generate-password', '--password-file', 'x'];
  expect((await runCli(two, { cwd, env })).exitCode).toBe(2);
});
