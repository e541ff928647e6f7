import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { finished, runCli, spawnCli } from '../../support/cli.js';
import { createLogin } from '../../support/database.js';
import { isolate } from '../../verifier/probe/shop.js';
import { checkout, documentOf, untilRunning } from '../fixture.js';

const TABLE =
  'CREATE TABLE toys (tenant_id uuid NOT NULL REFERENCES tenants, id uuid NOT NULL, PRIMARY KEY (tenant_id, id))';
const CLEAN = `${TABLE}; ${isolate('toys')}`;
const LEAKING = `${TABLE}; GRANT SELECT ON toys TO :app`;
const PERMISSIVE = 'CREATE POLICY more ON tenants FOR SELECT USING (true)';
const TENANCY = { root: 'tenants', column: 'tenant_id', context: { setting: 'app.tenant_id' } };

/** A checkout whose database holds tenants, with a login and these pending files; `:app` is the login in them. */
async function gated(files: Readonly<Record<string, string>>) {
  const c = await checkout({});
  const login = await createLogin(c.db, 'app');
  const fill = (sql: string) => sql.replaceAll(':app', `"${login.role}"`);
  const tenancy = { ...TENANCY, appRole: login.role };
  const tenants = `CREATE TABLE tenants (id uuid PRIMARY KEY); ${isolate('tenants', 'id')}`;
  await c.db.query(fill(`${tenants} REVOKE DELETE ON tenants FROM :app`));
  const configure = (more = {}) =>
    c.write({ 'tenantctl.config.json': JSON.stringify({ tenancy: { ...tenancy, ...more } }) });
  await configure();
  for (const [file, sql] of Object.entries(files)) {
    const text = sql.startsWith('-- ') ? sql : `-- migrate:up\n${sql};`;
    await c.write({ [`migrations/${file}`]: fill(text) });
  }
  const env = { DATABASE_URL: c.db.url, APP_DATABASE_URL: login.url };
  return {
    ...{ ...c, login, configure },
    run: (args: string[], more = {}) =>
      runCli(['migrate', '--verify', ...args], { cwd: c.directory, env: { ...env, ...more } }),
    /** A baseline of what is found now. */
    accept: () =>
      runCli(['verify-tenancy', '--baseline', 'known.json', '--update-baseline'], { cwd: c.directory, env }),
    spawn: (args: string[]) => spawnCli(['migrate', '--verify', ...args], { cwd: c.directory, env }),
    tables: () => c.db.query("SELECT FROM pg_class WHERE relname = 'toys'"),
  };
}

it('commits what leaks nothing, and then asks the login', async () => {
  const c = await gated({ '1_clean.sql': CLEAN });
  const { exitCode, stdout } = await c.run([]);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^Applied 1 migration in .*, batch 1:\n migration +took\n 1_clean\.sql +\d+ ms\n/);
  expect(stdout).toMatch(
    /\nisolated: .*\nAudit: 0 errors, [\s\S]*\nProbe: as \S+, \d+ crossings on \d+ relations/,
  );
  expect(documentOf(await c.run(['--json']))).toMatchObject({
    ...{ exitCode: 0, planned: [], rolledBack: [] },
    verification: { outcome: 'ok', holes: [], afterCommit: { verdict: 'isolated' } },
  });
});

it('rolls back what leaks: 3, each file with what it opens, and the fix', async () => {
  const c = await gated({ '1_table.sql': LEAKING, '2_policy.sql': PERMISSIVE });
  const { exitCode, stdout } = await c.run([]);
  expect(exitCode).toBe(3);
  expect(stdout).toMatch(
    /^Rolled back 2 migrations in .*; nothing of them stays:\n migration\n 1_table\.sql\n 2_policy\.sql\n/,
  );
  expect(stdout).toMatch(
    /\nOpened by 1_table\.sql\nerror rls-disabled on toys\n {2}.*\n {2}Fix:\n {4}ALTER TABLE/,
  );
  expect(stdout).toMatch(/\nOpened by 2_policy\.sql\nerror policy-always-true on tenants\n/);
  expect(stdout).toContain('\nWhat to do\nMend the files');
  const document = documentOf(await c.run(['--json']));
  expect(document).toMatchObject({
    ...{ exitCode: 3, applied: [], rolledBack: ['1_table.sql', '2_policy.sql'] },
    verification: { outcome: 'gate', afterCommit: null },
  });
  expect(document.verification).toMatchObject({
    holes: expect.arrayContaining([
      expect.objectContaining({ key: 'rls-disabled:"public"."toys"', after: ['1_table.sql'] }),
    ]),
  });
  expect(await c.tables()).toEqual([]);
  await c.db.query(PERMISSIVE);
  await c.write({ 'migrations/2_policy.sql': '-- migrate:up\nselect 1;' });
  expect((await c.run([])).stdout).toMatch(/\nOpen before\nerror policy-always-true on tenants\n/);
});

it('what only the login finds is already committed: 3, and again while nothing is pending', async () => {
  const function_ = `CREATE FUNCTION mine(uuid) RETURNS bool LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
    AS $$DECLARE yes bool; BEGIN EXECUTE 'SELECT current_setting(''app.tenant_id'', true) IS NULL
      OR $1 = nullif(current_setting(''app.tenant_id'', true), '''')::uuid' INTO yes USING $1; RETURN yes; END$$`;
  const c = await gated({
    '1_toys.sql': `${CLEAN} ${function_}; ALTER POLICY iso ON toys USING (mine(tenant_id))`,
  });
  // Nobody can read it, so somebody has to look into it first.
  const unread = await c.run([]);
  expect(unread.exitCode).toBe(4);
  expect(unread.stdout).toMatch(
    /\ninconclusive: policy-undecided:"public"\."toys":"iso": policy iso may let/,
  );
  expect(await c.tables()).toHaveLength(0);
  await c.configure({ waivers: [{ key: 'policy-undecided:"public"."toys":"iso"', reason: 'looked into' }] });
  const { exitCode, stdout } = await c.run([]);
  expect(exitCode).toBe(3);
  expect(stdout).toMatch(
    /^Applied 1 migration .*\n migration.*\n 1_toys.*\n\nAfter the commit\nAlready committed: .*\nleaking: /,
  );
  expect(stdout).toMatch(/\ntoys\nerror probe-context-crosses\n[\s\S]*context\s+never set/);
  expect(await c.tables()).toHaveLength(1);
  const document = documentOf(await c.run(['--json']));
  expect(document).toMatchObject({
    ...{ exitCode: 3, planned: [] },
    verification: { outcome: 'gate', holes: [], afterCommit: { verdict: 'leaking' } },
  });
});

describe('--baseline', () => {
  const BASELINE = ['--baseline', 'known.json'];
  const KNOWN = 'policy-always-true:"public"."tenants":"more"';

  it('lets pass what it knows of, and says so', async () => {
    const c = await gated({ '1_clean.sql': CLEAN });
    await c.db.query(PERMISSIVE);
    expect((await c.run([])).stdout).toMatch(/\nWhat was open before: [^:]* live with it for now: verify/);
    expect(await c.accept()).toMatchObject({ exitCode: 0 });
    const document = documentOf(await c.run(['--dry-run', ...BASELINE, '--json']));
    expect(document).toMatchObject({
      exitCode: 0,
      verification: { outcome: 'ok', holes: [], accepted: expect.any(Array) },
    });
    const { exitCode, stdout } = await c.run(BASELINE);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /\nAfter the commit\nleaking: .*\nAudit: 0 errors, 0 warnings, \d in the baseline\.\n/,
    );
    expect(stdout).toContain(
      `\nOpen, and in the baseline\n${KNOWN}\nprobe-context-crosses:"public"."tenants"\n`,
    );
    expect(await c.tables()).toHaveLength(1);

    await c.write({ 'migrations/2_mend.sql': '-- migrate:up\nDROP POLICY more ON tenants;' });
    const mended = await c.run(BASELINE);
    expect(mended.exitCode).toBe(0);
    expect(mended.stdout).toMatch(/\nisolated: [\s\S]*\nFound no more, and still in the baseline\n/);
    expect(mended.stdout).not.toContain('Open, and in');
  });

  it.each([
    [
      'that the catalog shows',
      PERMISSIVE.replace('more', 'again'),
      'policy-always-true:"public"."tenants":"again"',
    ],
    [
      'that only a crossing shows',
      `CREATE FUNCTION any_(uuid) RETURNS bool LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
        AS $$DECLARE yes bool; BEGIN EXECUTE 'SELECT $1 IS NOT NULL' INTO yes USING $1; RETURN yes; END$$;
        GRANT UPDATE ON tenants TO :app;
        CREATE POLICY again ON tenants FOR UPDATE USING (any_(id)) WITH CHECK (any_(id))`,
      'probe-move-crosses:"public"."tenants"',
    ],
  ])('lets no new hole of the same table pass, %s', async (_, sql, key) => {
    const c = await gated({ '1_clean.sql': CLEAN, '2_open.sql': sql });
    await c.db.query(PERMISSIVE);
    await c.accept();
    const { exitCode, verification } = documentOf(await c.run([...BASELINE, '--json'])) as {
      exitCode: number;
      verification: Record<'holes' | 'accepted', { key: string; after: string[] }[]>;
    };
    expect(exitCode).toBe(3);
    expect(verification.holes).toMatchObject([{ key, after: ['2_open.sql'] }]);
    expect(verification.accepted.map((finding) => finding.key)).toContain(KNOWN);
    expect(await c.tables()).toEqual([]);
  });

  it('lets nothing pass that was milder then', async () => {
    const c = await gated({ '1_clean.sql': CLEAN });
    await c.db.query(PERMISSIVE);
    await c.accept();
    const text = await readFile(path.join(c.directory, 'known.json'), 'utf8');
    await c.write({ 'known.json': text.replaceAll('"error"', '"warn"') });
    const { exitCode, stdout } = await c.run(BASELINE);
    expect(exitCode).toBe(3);
    expect(stdout).toContain('\nOpen before\nerror policy-always-true on tenants\n');
  });

  it.each([
    ['without --verify', ['migrate', '--baseline', 'known.json'], '--verify'],
    [
      'with a file that is not there',
      ['migrate', '--verify', ...BASELINE],
      'Cannot use the baseline known.json',
    ],
  ])('is refused %s: 2, and nothing is done', async (_, args, message) => {
    const c = await gated({ '1_clean.sql': CLEAN });
    const env = { DATABASE_URL: c.db.url, APP_DATABASE_URL: c.login.url };
    const { exitCode, stderr } = await runCli(args, { cwd: c.directory, env });
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
    expect(await c.tables()).toEqual([]);
  });
});

describe('before anything is done', () => {
  it('without a login: 4, with the remedy', async () => {
    const c = await gated({ '1_clean.sql': CLEAN });
    const { exitCode, stderr } = await c.run([], { APP_DATABASE_URL: '' });
    expect(exitCode).toBe(4);
    expect(stderr).toMatch(
      /^Error: Cannot verify what the migrations make of the database: without the app's own/,
    );
    expect(stderr).toContain(
      'Nothing was changed.\nTry: tenantctl create-app-role --generate-password, or APP',
    );
    expect(await c.tables()).toEqual([]);
  });

  it("with another role's login: 4", async () => {
    const c = await gated({ '1_clean.sql': CLEAN });
    expect((await c.run([], { APP_DATABASE_URL: c.db.url })).exitCode).toBe(4);
    expect(await c.tables()).toEqual([]);
  });

  it('where the migrating role may not become the app role: 4, with the grant', async () => {
    const c = await gated({ '1_clean.sql': CLEAN });
    const { url, role } = await createLogin(c.db, 'migrator');
    const { exitCode, stderr } = await c.run([], { DATABASE_URL: url });
    expect(exitCode).toBe(4);
    expect(stderr).toContain(`${role}, which migrates, may not become the app role ${c.login.role}`);
    const [, grant = ''] = /^Try: (.*)$/m.exec(stderr) ?? [];
    await c.db.query(grant);
    expect((await c.run([], { DATABASE_URL: url })).stderr).not.toContain('may not become');
  });

  it('without tenancy: 2, with the remedy', async () => {
    const c = await gated({ '1_clean.sql': CLEAN });
    await c.write({ 'tenantctl.config.json': '{}', 'knexfile.cjs': 'module.exports = { client: "pg" }' });
    for (const args of [[], ['--knexfile', 'knexfile.cjs']]) {
      const { exitCode, stderr } = await c.run(args);
      expect(exitCode).toBe(2);
      expect(stderr).toContain('has no `tenancy`');
      expect(stderr).toContain('tenantctl init');
    }
    expect(await c.tables()).toEqual([]);
  });
});

it('SIGINT while it verifies rolls back, and lets go of everything: 130', async () => {
  const c = await gated({ '1_clean.sql': CLEAN });
  const slow = "-- title: slow\nSELECT 'toys' AS object, 'x' AS detail FROM pg_sleep(50)";
  const tenancy = { ...TENANCY, appRole: c.login.role, checks: 'checks' };
  await c.write({ 'checks/slow.sql': slow, 'tenantctl.config.json': JSON.stringify({ tenancy }) });
  const child = c.spawn(['--json']);
  const ended = finished(child);
  await untilRunning(c.db, 'tenantctl_script');
  const since = Date.now();
  child.kill('SIGINT');
  expect(documentOf(await ended)).toMatchObject({
    exitCode: 130,
    applied: [],
    error: { code: 'INTERRUPTED' },
  });
  expect(Date.now() - since).toBeLessThan(2_000);
  expect(await c.tables()).toEqual([]);
  const left =
    "SELECT FROM pg_stat_activity WHERE application_name LIKE 'tenantctl/%' AND datname = current_database()";
  await expect.poll(() => c.db.query(left), { timeout: 2_000 }).toEqual([]);
});

describe('--dry-run judges and rolls back', () => {
  it.each([
    [
      'what leaks nothing',
      { '1_clean.sql': CLEAN },
      0,
      /\nVerified: nothing leaks that shows before a commit; \d+ crossings were denied\.\n\nNot tried\na context that was never set/,
    ],
    ['what leaks', { '1_table.sql': LEAKING }, 3, /\nOpened by 1_table\.sql\nerror rls-disabled on toys\n/],
    [
      'what cannot be rehearsed is not judged',
      {
        '1_clean.sql': CLEAN,
        '2_i.sql': '-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY ON toys (id);',
      },
      4,
      /\ninconclusive: .*\n\nNot tried\n2_i\.sql: not executed: runs outside a transaction\.\n/,
    ],
  ])('%s', async (_, files, code, text) => {
    const c = await gated(files);
    const { exitCode, stdout } = await c.run(['--dry-run']);
    expect(exitCode).toBe(code);
    expect(stdout).toMatch(text);
    expect(await c.tables()).toEqual([]);
  });
});

it('what the lint refuses is not judged', async () => {
  const c = await gated({ '1_table.sql': LEAKING });
  const result = await c.run(['--lint', 'error', '--json']);
  expect(documentOf(result)).toMatchObject({
    ...{ exitCode: 3, applied: [], verification: null },
    lint: { refused: { name: '1_table.sql' } },
  });
  expect(await c.tables()).toEqual([]);
});
