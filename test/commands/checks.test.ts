import { expect, it } from 'vitest';
import { runCli } from '../support/cli.js';
import { temporaryDirectory } from '../support/temporary.js';

/** Where there is no configuration, and no database is named. */
async function runAnywhere(...args: string[]) {
  return runCli(['checks', ...args], { cwd: await temporaryDirectory() });
}

it('lists every check by family, without a configuration or a database', async () => {
  const { exitCode, stdout, stderr } = await runAnywhere();
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout).toMatch(
    /^roles\n check +severity +finds\n app-role-bypassrls +error +The app role has BYPASSRLS\n/m,
  );
  expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
});

it('explains one, with a fix as it would be written', async () => {
  const { exitCode, stdout } = await runAnywhere('truncate-granted');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(
    /^truncate-granted \(error, grants\): The application may TRUNCATE a tenant table\.\n/,
  );
  expect(stdout).toContain('TRUNCATE is not subject to row level security');
  expect(stdout).toContain('    REVOKE TRUNCATE ON "public"."kids" FROM "app";\n');
});

it('says so where only a person can decide', async () => {
  const { stdout } = await runAnywhere('orphan-tenant-rows');
  expect(stdout).toMatch(/No fix by rote: a person has to decide\.\n$/);
});

it('gives the same to machines', async () => {
  const all = JSON.parse((await runAnywhere('--json')).stdout);
  const [one] = all.checks.filter((check: { id: string }) => check.id === 'rls-not-forced');
  expect(JSON.parse((await runAnywhere('rls-not-forced', '--json')).stdout)).toEqual({
    ...all,
    checks: [one],
  });
  expect(one).toMatchObject({
    family: 'rls',
    severity: 'warn',
    exampleFix: expect.stringContaining('FORCE'),
  });
});

it('does not know a misspelt one, and says what may have been meant', async () => {
  const { exitCode, stdout, stderr } = await runAnywhere('rls-notforced');
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toBe(
    'Error: Cannot explain the check "rls-notforced": there is none of that name.\nTry: did you mean rls-not-forced?\n',
  );
});
