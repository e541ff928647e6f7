import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { junitErrors, sarifErrors } from '../../support/schemas.js';
import { useBookingVerifier } from './fixture.js';

const { db, checkout, verify, planted } = useBookingVerifier();

/** Faults of several kinds and severities, of which one is waived. */
const PLANT = `
  ALTER TABLE students DISABLE ROW LEVEL SECURITY;
  GRANT TRUNCATE ON likes TO booking_app_access;
  ALTER TABLE posts NO FORCE ROW LEVEL SECURITY;
  GRANT UPDATE ON roles TO booking_app_access`;
const UNDO = `
  ALTER TABLE students ENABLE ROW LEVEL SECURITY;
  REVOKE TRUNCATE ON likes FROM booking_app_access;
  ALTER TABLE posts FORCE ROW LEVEL SECURITY;
  REVOKE UPDATE ON roles FROM booking_app_access`;
const WAIVERS = [{ key: 'truncate-granted:"public"."likes"', reason: 'a night job' }];

it('every format in one run, each valid by its published schema, one document on stdout', async () => {
  const cwd = await checkout({ waivers: WAIVERS });
  const formats = ['sarif', 'junit', 'json', 'markdown', 'table'];
  const targets = formats.flatMap((format) => ['--report', `${format}=tenancy.${format}`]);
  const { exitCode, stdout, stderr } = await planted(PLANT, UNDO, () =>
    verify(cwd, [...targets, '--report', 'github']),
  );
  const read = (format: string) => readFile(path.join(cwd, `tenancy.${format}`), 'utf8');
  expect(exitCode).toBe(3);

  const sarif = await read('sarif');
  expect(sarifErrors(sarif)).toEqual([]);
  const [{ results }] = JSON.parse(sarif).runs;
  const waived = results.filter(({ suppressions }: { suppressions?: unknown }) => suppressions);
  expect(waived).toMatchObject([
    { ruleId: 'truncate-granted', suppressions: [{ justification: 'a night job' }] },
  ]);
  expect(results[0].locations[0].physicalLocation.artifactLocation.uri).toBe('tenantctl.config.json');

  const junit = await read('junit');
  expect(await junitErrors(junit)).toEqual([]);
  expect(junit).toMatch(/<testcase classname="students" name="rls-disabled [^>]*>\s*<failure type="error"/);
  expect(junit).toMatch(
    /<testcase classname="likes" name="truncate-granted [^>]*>\s*<skipped>error: .*a night job/,
  );
  expect(junit).toMatch(
    /<testcase classname="users" name="delete">\s*<system-out>context tenant: \d+ denied/,
  );

  const document = JSON.parse(await read('json'));
  expect(results).toHaveLength(document.findings.length);
  expect(document).toMatchObject({ exitCode: 3, verdict: 'leaking', summary: { findings: { waived: 1 } } });
  expect(await read('markdown')).toMatch(/^### students$[\s\S]*<details><summary>What was tried<\/summary>/m);
  expect(await read('table')).toBe(stderr);
  expect(stderr).toMatch(/^leaking: /);
  expect(stdout).toMatch(/^(::(error|warning) [^\n]+\n)+$/);
  expect(stdout).toContain('::error file=tenantctl.config.json,line=1,title=students%3A rls-disabled::');
});

it("a finding of the team's own is shown at its file", async () => {
  const cwd = await checkout({ checks: 'checks' });
  const { mkdir } = await import('node:fs/promises');
  await mkdir(path.join(cwd, '.git'));
  await mkdir(path.join(cwd, 'checks'));
  await writeFile(
    path.join(cwd, 'checks', 'drafts.sql'),
    "-- remedy: publish it\nselect 'posts' as object, 'a draft' as detail",
  );
  const { stdout } = await verify(cwd, ['--report', 'github']);
  expect(stdout).toContain(
    '::error file=checks/drafts.sql,line=1,title=posts%3A script%3Adrafts::a draft%0ATry: publish it\n',
  );
});

it('--verbose shows relation × command × context, within 80 columns', async () => {
  const { stdout } = await planted(
    'CREATE POLICY open ON likes FOR SELECT USING (true)',
    'DROP POLICY open ON likes',
    async () => verify(await checkout(), ['--verbose']),
  );
  const part = stdout.slice(stdout.indexOf('\nWhat was tried\n'), stdout.indexOf('\nServer\n'));
  expect(Math.max(...part.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(part).toMatch(/^ relation +tenant +unset +commit +empty +no key +unknown$/m);
  expect(part).toMatch(/^ likes\n {3}select( +open){6}\n {3}insert( +\d+){6}$/m);
  expect(part).toMatch(/^ users\n {3}select( +\d+){6}$/m);
  expect(part).toMatch(/^ {3}truncate +1( +-){5}$/m);
});

it('the document says what was proven, refuted and left out, by relation, command and context', async () => {
  const { stdout } = await planted(PLANT, UNDO, async () => verify(await checkout(), ['--json']));
  const { relations, notTried } = JSON.parse(stdout);
  const coverage = (name: string) =>
    relations.find((relation: { name: string }) => relation.name === name).coverage;
  expect(coverage('users')).toContainEqual({
    ...{ command: 'select', context: 'tenant', result: 'denied', tried: expect.any(Number), by: ['policy'] },
    ...{ statement: null, detail: null },
  });
  expect(coverage('students')).toContainEqual({
    ...{
      command: 'select',
      context: 'tenant',
      result: 'crossed',
      tried: expect.any(Number),
      by: expect.anything(),
    },
    statement: expect.stringMatching(/^select .*"public"\."students"/),
    detail: expect.stringMatching(/^read another tenant's row/),
  });
  expect(notTried).toContainEqual(
    expect.objectContaining({ object: 'likes', what: 'TRUNCATE', required: false }),
  );
});

describe('what fails before there is a verdict', () => {
  it('is in the reports', async () => {
    const cwd = await checkout();
    const url = new URL(db.url);
    url.port = '1';
    const targets = ['--report', 'sarif=out.sarif', '--report', 'junit=out.xml', '--report', 'github'];
    const { exitCode, stdout, stderr } = await verify(cwd, targets, { DATABASE_URL: url.href });
    expect(exitCode).toBe(69);
    expect(stdout).toMatch(/^::error title=[A-Z_]+::Cannot connect/);
    expect(stderr).toMatch(/^Error: Cannot connect/m);
    const sarif = await readFile(path.join(cwd, 'out.sarif'), 'utf8');
    expect(sarifErrors(sarif)).toEqual([]);
    expect(JSON.parse(sarif).runs[0].invocations[0]).toMatchObject({
      executionSuccessful: false,
      exitCode: 69,
    });
    expect(await junitErrors(await readFile(path.join(cwd, 'out.xml'), 'utf8'))).toEqual([]);
  });

  it.each([
    [['--report', 'sarif', '--report', 'junit'], 'sarif and junit would both go to stdout'],
    [['--report', 'sarif', '--json'], 'json and sarif would both go to stdout'],
  ])('%j is refused', async (args, message) => {
    const { exitCode, stdout, stderr } = await verify(await checkout(), args);
    expect(exitCode).toBe(2);
    expect(stdout + stderr).toContain(message);
  });
});
