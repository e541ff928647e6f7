import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeCredentials } from '../../src/app-role/credentials.js';
import { databaseAt } from '../support/connect.js';
import { temporaryDirectory } from '../support/temporary.js';
import { useBookingVerifier } from './verify-tenancy/fixture.js';

const { db, login, checkout, verify } = useBookingVerifier();

describe('what it prints', () => {
  it('the verdict and the target first, one line per relation, all within 80 columns', async () => {
    const { stdout, exitCode } = await verify(await checkout());
    const lines = stdout.split('\n');
    expect(exitCode).toBe(0);
    expect(lines[0]).toBe(`isolated: ${db.name} at ${new URL(db.url).host} (from DATABASE_URL)`);
    expect(stdout).toMatch(/^Probe: as \S+, \d+ crossings on 15 relations: \d+ denied\.$/m);
    expect(stdout).toMatch(/^Denied: \d+ by policy, \d+ by error \(TN001\), \d+ for want of a privilege\.$/m);
    expect(stdout).toMatch(/^ students +tenant +isolated +\d+ denied$/m);
    expect(stdout).toMatch(/^ roles +shared +isolated +\d+ denied$/m);
    const table = lines.slice(lines.indexOf('Relations'), lines.indexOf('Server'));
    expect(Math.max(...table.map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('findings by object, what explains them first, with the fix as code', async () => {
    await db.query('ALTER TABLE students DISABLE ROW LEVEL SECURITY');
    try {
      const { stdout, exitCode } = await verify(await checkout());
      expect(exitCode).toBe(3);
      expect(stdout.split('\n')[0]).toMatch(/^leaking: /);
      const block = stdout.slice(stdout.indexOf('\nstudents\n'), stdout.indexOf('\nRelations\n'));
      expect(block).toMatch(
        /^\nstudents\nerror rls-disabled\n {2}row level security is off[^:]*\n {2}Fix:\n {4}ALTER TABLE "public"."students" ENABLE/,
      );
      // Wrapped wherever the role's name has it.
      expect(block.replaceAll(/\s+/g, ' ')).toMatch(
        /error probe-select-crosses \S+, as one tenant, read another tenant's row: by key, unqualified select /,
      );
      expect(stdout).toMatch(/^ students +tenant +leaking +\d+ denied, \d+ went/m);
    } finally {
      await db.query('ALTER TABLE students ENABLE ROW LEVEL SECURITY');
    }
  });

  it('without a login the reason and the remedy', async () => {
    const { stdout, exitCode } = await verify(await checkout(), [], { APP_DATABASE_URL: '' });
    expect(exitCode).toBe(4);
    const lines = stdout.split('\n').filter((line) => !line.startsWith('Policies: '));
    expect(lines.slice(0, 4)).toEqual([
      `inconclusive: ${db.name} at ${new URL(db.url).host} (from DATABASE_URL)`,
      'Audit: 0 errors, 0 warnings. No crossing was tried.',
      "Why: without the app's own login nothing can be proven: whoever audits may see every row.",
      "Try: tenantctl create-app-role --generate-password, or APP_DATABASE_URL with the application's login",
    ]);
  });

  it('where the application keeps tenants apart, just that', async () => {
    const { stdout, exitCode } = await verify(await checkout({ isolation: 'application' }));
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^not enforced by the database: /);
  });
});

describe('--report', () => {
  it('writes Markdown beside what is printed', async () => {
    const cwd = await checkout();
    const file = path.join(cwd, 'summary.md');
    const { exitCode, stdout } = await verify(cwd, ['--report', `markdown=${file}`, '--json']);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ verdict: 'isolated' });
    const text = await readFile(file, 'utf8');
    expect(text).toMatch(/^## tenantctl verify-tenancy\n\n✅ isolated: /);
    expect(text).toMatch(/^\| students \| tenant \| ✅ isolated \| \d+ denied \|$/m);
  });

  it.each([
    ['html=x.html', 'expected FORMAT or FORMAT=FILE, where FORMAT is table, json, junit,'],
    ['markdown=', 'expected FORMAT or FORMAT=FILE'],
    ['markdown=missing/x.md', 'ENOENT'],
  ])('%s is refused', async (value, message) => {
    const { exitCode, stderr } = await verify(await checkout(), ['--report', value]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe('the login', () => {
  it('is the one that create-app-role keeps, where the environment names none', async () => {
    const cwd = await checkout();
    const { target } = await databaseAt(db.url);
    await mkdir(path.join(cwd, '.tenantctl'));
    await writeCredentials(path.join(cwd, '.tenantctl'), target, login());
    const { exitCode } = await verify(cwd, [], { APP_DATABASE_URL: '' });
    expect(exitCode).toBe(0);
  });

  it('with a wrong password is a usage error', async () => {
    const url = new URL(login().url);
    url.password = 'wrong-password';
    const { exitCode, stderr, stdout } = await verify(await checkout(), [], { APP_DATABASE_URL: url.href });
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/Cannot connect to database .*\(from APP_DATABASE_URL\): wrong password/);
    expect(stdout + stderr).not.toContain('wrong-password');
  });
});

it('a waiver opens the gate and is shown with its reason', async () => {
  await db.query(`GRANT UPDATE ON roles TO booking_app_access`);
  try {
    const keys = ['shared-writable:"public"."roles"', 'probe-shared-written:"public"."roles"'];
    const waivers = keys.map((key) => ({
      key,
      reason: 'until the admin has a page of its own',
      until: '2999-01-31',
    }));
    const { exitCode, stdout } = await verify(await checkout({ waivers }));
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^leaking: .*\nAudit: 0 errors, 0 warnings, 2 waived\.$/m);
    expect(stdout).toContain(`${keys[0]}: until the admin has a page of its own (until 2999-01-31)`);
  } finally {
    await db.query(`REVOKE UPDATE ON roles FROM booking_app_access`);
  }
});

it('needs a configuration that tells tenants apart', async () => {
  const { exitCode, stderr } = await verify(await temporaryDirectory());
  expect(exitCode).toBe(2);
  expect(stderr).toContain('Cannot tell tenants apart');
});
