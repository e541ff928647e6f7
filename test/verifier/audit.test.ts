import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TenancyConfig } from '../../src/tenancy/config.js';
import { type AuditResult, audit } from '../../src/verifier/audit.js';
import { createLogin } from '../support/database.js';
import { auditOf, baseConfig, keysOf, LEAKS, useLeakBase } from '../support/leaks.js';
import { withClient } from '../support/server.js';
import { temporaryDirectory } from '../support/temporary.js';

const A = 'aaaaaaaa-0000-0000-0000-000000000000';

const base = useLeakBase();

/** Writes the team's checks into a directory, and audits with them. */
async function auditWith(
  files: Record<string, string>,
  changes: Partial<TenancyConfig> = {},
): Promise<AuditResult> {
  const checksDirectory = path.join(await temporaryDirectory(), 'checks');
  await mkdir(checksDirectory);
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(checksDirectory, name), text);
  return auditOf(base.client, baseConfig('public', { checksDirectory, ...changes }));
}

async function settings(): Promise<unknown> {
  const { rows } = await base.client.query(
    `SELECT current_setting('row_security') AS rls, current_setting('statement_timeout') AS timeout,
       current_setting('search_path') AS path, current_setting('transaction_read_only') AS read_only`,
  );
  return rows[0];
}

describe('audit', () => {
  it('leaves the transaction as it was, and writable', async () => {
    const before = await settings();
    await auditWith({ 'one.sql': `SELECT 'kids' AS object, 'x' AS detail` });
    expect(await settings()).toEqual(before);
    await base.client.query(`INSERT INTO tenants VALUES ('${A}', 'a')`);
  });

  it('works in a transaction that only reads', async () => {
    const other = await base.db.client();
    await other.query('BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY');
    const { findings } = await auditOf(other, baseConfig('public', { appRole: undefined }));
    expect(keysOf(findings)).toEqual(['app-role-missing']);
    await other.query('ROLLBACK');
  });

  it('tells how far it is, and stops when told to', async () => {
    const events: string[] = [];
    const onEvent = (event: { kind: string }) => events.push(event.kind);
    await audit(base.client, baseConfig('public'), { now: new Date(), onEvent });
    expect(events).toContain('progress');
    const signal = AbortSignal.abort();
    const stopped = audit(base.client, baseConfig('public'), { now: new Date(), onEvent, signal });
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('does not ask for policies where the application is meant to keep tenants apart', async () => {
    await base.client.query(`ALTER TABLE kids DISABLE ROW LEVEL SECURITY; CREATE TABLE drafts (id int);
      GRANT SELECT ON drafts TO leak_app; CREATE VIEW all_kids AS TABLE kids; GRANT SELECT ON all_kids TO leak_app`);
    const { findings } = await auditOf(base.client, baseConfig('public', { isolation: 'application' }));
    expect(keysOf(findings)).toEqual(['untenanted-reachable:"public"."drafts"']);
  });

  it('names several faults of one check on one table apart', async () => {
    await base.client.query(
      'CREATE POLICY "a:b" ON kids USING (true); CREATE POLICY "a""b" ON kids USING (true)',
    );
    const { findings } = await auditOf(base.client, baseConfig('public'));
    expect(keysOf(findings)).toEqual([
      'policy-always-true:"public"."kids":"a""b"',
      'policy-always-true:"public"."kids":"a:b"',
    ]);
  });
});

describe('the questions to the data', () => {
  it('are not finished, rather than clean, where row security would hide rows', async () => {
    const auditor = await createLogin(base.db, 'auditor');
    await base.client.query(`GRANT USAGE ON SCHEMA public TO "${auditor.role}";
      GRANT SELECT ON ALL TABLES IN SCHEMA public TO "${auditor.role}"; ALTER TABLE kids ALTER tenant_id DROP DEFAULT;
      ALTER TABLE numbered ALTER tenant_id DROP NOT NULL`);
    await base.client.query(`SET LOCAL SESSION AUTHORIZATION "${auditor.role}"`);
    const { notFinished } = await auditOf(base.client, baseConfig('public'));
    await base.client.query('RESET SESSION AUTHORIZATION');
    expect(notFinished).toContainEqual({
      ...{ check: 'null-tenant-rows', schema: 'public', object: 'numbered' },
      why: 'the auditor is bound by row level security; audit as a role with BYPASSRLS (SQLSTATE 42501)',
    });
    expect(notFinished.filter(({ check }) => check === 'tenant-mismatch')).toHaveLength(1);
  });

  it('are not finished where the time is up', async () => {
    await base.client.query(`INSERT INTO tenants VALUES ('${A}', 'a');
      INSERT INTO numbered (tenant_id) SELECT '${A}' FROM generate_series(1, 20000);
      ALTER TABLE numbered DROP CONSTRAINT numbered_tenant_id_fkey; ALTER TABLE tenants DROP CONSTRAINT tenants_pkey CASCADE;
      CREATE FUNCTION slow(t uuid) RETURNS uuid LANGUAGE sql VOLATILE AS 'SELECT t FROM pg_sleep(0.01)';
      ALTER TABLE tenants RENAME TO all_tenants;
      CREATE VIEW tenants AS SELECT slow(id) AS id, slug FROM all_tenants, generate_series(1, 1000)`);
    const onEvent = () => undefined;
    const config = baseConfig('public', {
      columnOverrides: [{ relation: { schema: 'public', name: 'tenants' }, column: 'id' }],
    });
    const { notFinished } = await audit(base.client, config, {
      now: new Date(),
      onEvent,
      dataTimeoutMs: 100,
    });
    expect(notFinished).toContainEqual({
      ...{
        check: 'orphan-tenant-rows',
        schema: 'public',
        object: 'numbered',
        why: 'not finished within 0.1 s',
      },
    });
  });

  it('show a row of a table that has no key, and stop counting', async () => {
    await base.client.query(
      `CREATE TABLE loose (tenant_id uuid); INSERT INTO loose SELECT NULL FROM generate_series(1, 1500)`,
    );
    const { findings } = await auditOf(base.client, baseConfig('public'));
    expect(findings.find(({ check }) => check === 'null-tenant-rows')).toMatchObject({
      detail: 'at least 1000 rows without tenant_id, such as ctid (0,1)',
      evidence: 'data',
    });
  });
});

describe('the checks of the team', () => {
  it('make a finding of each row', async () => {
    const { findings, checks } = await auditWith({
      'balance.sql': `-- title: a balance is off\n-- severity: warn\n-- remedy: count again\n
        SELECT unnest(ARRAY['kids', 'other.thing', NULL]) AS object, 'is off' AS detail, 1 AS more;`,
      'notes.txt': 'not a check',
    });
    expect(findings).toEqual([
      expect.objectContaining({
        key: 'script:balance:"other"."thing":"is off"',
        schema: 'other',
        object: 'thing',
      }),
      expect.objectContaining({
        key: 'script:balance:"public"."kids":"is off"',
        schema: 'public',
        object: 'kids',
      }),
      {
        ...{ key: 'script:balance::"is off"', schema: '', object: '' },
        ...{
          check: 'script:balance',
          severity: 'warn',
          detail: 'is off',
          evidence: 'data',
          remedy: 'count again',
        },
      },
    ]);
    expect(checks).toContainEqual(
      expect.objectContaining({ id: 'script:balance', title: 'a balance is off' }),
    );
  });

  it('are errors with the name of their file where they do not say', async () => {
    const { findings, checks } = await auditWith({ 'x.sql': `SELECT 'kids' AS object, 'y' AS detail` });
    expect(findings).toMatchObject([{ check: 'script:x', severity: 'error' }]);
    expect(checks.find(({ id }) => id === 'script:x')).toMatchObject({ title: 'x.sql' });
  });

  it('read all rows, and write none', async () => {
    await base.client.query(`INSERT INTO tenants VALUES ('${A}', 'a')`);
    const { findings, notFinished } = await auditWith({
      'a_sees.sql': `SELECT 'tenants' AS object, count(*)::text AS detail FROM tenants`,
      'b_writes.sql': `SELECT 'tenants' AS object, gone.slug AS detail
        FROM (SELECT slug, nextval('numbered_id_seq') FROM tenants) gone`,
    });
    expect(findings).toMatchObject([{ check: 'script:a_sees', detail: '1' }]);
    expect(notFinished).toMatchObject([
      { check: 'script:b_writes', why: expect.stringMatching(/read-only transaction/) },
    ]);
  });

  it('are not finished where they fail', async () => {
    const { notFinished } = await auditWith({ 'x.sql': 'SELECT nope AS object, 1 AS detail FROM kids' });
    expect(notFinished).toEqual([
      {
        ...{ check: 'script:x', schema: '', object: expect.stringMatching(/\/checks\/x\.sql$/) },
        why: 'column "nope" does not exist (SQLSTATE 42703)',
      },
    ]);
  });

  it.each([
    ['two statements', 'SELECT 1; SELECT 2', /holds 2 statements/],
    ['no statement', '-- nothing', /holds 0 statements/],
    ['something else than a SELECT', 'DELETE FROM kids', /exactly one SELECT/],
    ['SELECT INTO', 'SELECT 1 AS object, 2 AS detail INTO x', /exactly one SELECT/],
    ['no SQL', 'SELEC 1', /syntax error/],
    ['another severity', `-- severity: fatal\nSELECT 'a' AS object, 'b' AS detail`, /severity is "fatal"/],
    ['no column object', `SELECT 'a' AS detail`, /returns no column "object" \(but detail\)/],
  ])('are refused with %s', async (_, text, message) => {
    await expect(auditWith({ 'x.sql': text })).rejects.toMatchObject({
      ...{ kind: 'usage', code: 'CHECK_INVALID' },
      message: expect.stringMatching(message),
    });
  });

  it('are refused without their directory', async () => {
    const config = baseConfig('public', { checksDirectory: '/nowhere' });
    await expect(auditOf(base.client, config)).rejects.toMatchObject({
      kind: 'usage',
      code: 'CHECKS_DIRECTORY',
    });
  });
});

it('finds nothing on the booking platform, whoever owns it', async () => {
  const { createTestDatabase } = await import('../support/database.js');
  const booking = await createTestDatabase({ template: 'booking-seeded' });
  try {
    const app = await createLogin(booking, 'app', { memberOf: ['booking_app_access'] });
    const config = baseConfig('public', {
      ...{
        root: { schema: 'public', name: 'organizations' },
        columns: ['organization_id'],
        appRole: app.role,
      },
      context: { setting: 'app.organization_id' },
      shared: [{ relation: { schema: 'public', name: 'roles' }, reason: 'reference data' }],
      checksDirectory: path.resolve(LEAKS, '../../checks'),
    });
    const result = await withClient(booking.url, async (auditor) => {
      await auditor.query('BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY');
      return auditOf(auditor, config);
    });
    expect({ findings: result.findings, notFinished: result.notFinished }).toEqual({
      findings: [],
      notFinished: [],
    });
  } finally {
    await booking.drop();
  }
});
