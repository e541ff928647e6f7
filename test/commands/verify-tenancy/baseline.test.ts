import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { useBookingVerifier } from './fixture.js';

const { checkout, verify, planted } = useBookingVerifier();

const OFF = 'ALTER TABLE students DISABLE ROW LEVEL SECURITY';
const ON = 'ALTER TABLE students ENABLE ROW LEVEL SECURITY';
const FILE = 'tenancy-baseline.json';

it('takes what is there for accepted, fails on what is new, and shrinks', async () => {
  const cwd = await checkout();
  const file = path.join(cwd, FILE);
  const run = (...args: string[]) => verify(cwd, ['--baseline', FILE, ...args]);

  await planted(OFF, ON, async () => {
    const made = await run('--update-baseline');
    expect(made.exitCode).toBe(0);
    expect(made.stdout).toMatch(/^leaking: .*\nAudit: 0 errors, 0 warnings, \d+ in the baseline\.$/m);
    const text = await readFile(file, 'utf8');
    const { version, findings } = JSON.parse(text);
    expect(version).toBe(1);
    expect(Object.keys(findings)).toEqual(Object.keys(findings).sort());
    expect(findings['rls-disabled:"public"."students"']).toEqual({
      ...{
        severity: 'error',
        schema: 'public',
        object: 'students',
        detail: expect.stringContaining('is off'),
      },
    });

    expect((await run()).exitCode).toBe(0);
    expect((await run('--fail-on', 'warn')).exitCode).toBe(0);
    expect((await verify(cwd)).exitCode).toBe(3);
    await planted(
      'GRANT TRUNCATE ON likes TO booking_app_access',
      'REVOKE TRUNCATE ON likes FROM booking_app_access',
      async () => {
        const { exitCode, stdout } = await run();
        expect(exitCode).toBe(3);
        expect(stdout).toMatch(/^Audit: 1 error, /m);
        expect(stdout).toMatch(/^likes\nerror truncate-granted$/m);
      },
    );
    expect((await run('--update-baseline')).exitCode).toBe(0);
    expect(await readFile(file, 'utf8')).toBe(text);
  });

  const gone = await run('--json');
  expect(gone.exitCode).toBe(0);
  expect(JSON.parse(gone.stdout)).toMatchObject({
    verdict: 'isolated',
    baseline: { gone: expect.arrayContaining(['rls-disabled:"public"."students"']) },
  });
  // What is not looked for is not gone.
  const partly = await run('--only', 'truncate-granted', '--json');
  expect(JSON.parse(partly.stdout).baseline).toEqual({ gone: [] });
  const unproven = await verify(cwd, ['--baseline', FILE, '--json'], { APP_DATABASE_URL: '' });
  expect(JSON.parse(unproven.stdout).baseline).toEqual({ gone: ['rls-disabled:"public"."students"'] });

  expect((await run()).stdout).toContain('Found no more, and still in the baseline\n');
  expect((await run('--update-baseline')).exitCode).toBe(0);
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ version: 1, findings: {} });
}, 120_000);

it.each([
  [undefined, 'there is no such file'],
  ['{', 'it is not a baseline of this version'],
  ['{"version":2,"findings":{}}', 'it is not a baseline of this version'],
])('%j is refused, with how to make one', async (text, message) => {
  const cwd = await checkout();
  if (text !== undefined) await writeFile(path.join(cwd, FILE), text);
  const { exitCode, stderr } = await verify(cwd, ['--baseline', FILE]);
  expect(exitCode).toBe(2);
  expect(stderr).toContain(`Cannot use the baseline ${FILE}: ${message}`);
  expect(stderr).toContain('--update-baseline');
});
