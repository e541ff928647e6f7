import { describe, expect, it } from 'vitest';
import { useBookingVerifier } from './fixture.js';

const { checkout, verify, planted } = useBookingVerifier();

const PLANT =
  'ALTER TABLE students DISABLE ROW LEVEL SECURITY; GRANT TRUNCATE ON likes TO booking_app_access';
const UNDO =
  'ALTER TABLE students ENABLE ROW LEVEL SECURITY; REVOKE TRUNCATE ON likes FROM booking_app_access';

interface Document {
  verdict: string;
  findings: { check: string }[];
  relations: { class: string; verdict: string }[];
  lacking: { reason: string }[];
}

async function run(cwd: string, ...args: string[]) {
  const { exitCode, stdout } = await verify(cwd, [...args, '--json']);
  const document = JSON.parse(stdout) as Document;
  const checks = [...new Set(document.findings.map(({ check }) => check))];
  return { exitCode, checks, ...document };
}

describe('--only and --skip', () => {
  it('run what is asked for', { timeout: 60_000 }, async () => {
    const cwd = await checkout();
    await planted(PLANT, UNDO, async () => {
      expect(await run(cwd, '--only', 'truncate-granted')).toMatchObject({
        ...{ exitCode: 3, checks: ['truncate-granted'], verdict: 'leaking' },
      });
      const both = await run(
        cwd,
        '--only',
        'rls-disabled,truncate-granted',
        '--only',
        'probe-select-crosses',
      );
      expect(both.checks.sort()).toEqual(['probe-select-crosses', 'rls-disabled', 'truncate-granted']);
      const families = await run(cwd, '--only', 'rls,data');
      expect(families.checks).toEqual(['rls-disabled']);
      expect(families.lacking[0]?.reason).toBe('only some of the checks ran (--only rls --only data)');
      const rest = await run(cwd, '--skip', 'rls-disabled');
      expect(rest.checks).toContain('probe-select-crosses');
      expect(rest.checks).not.toContain('rls-disabled');
    });
  });

  it.each([
    ['--only', 'rls-disabled'],
    ['--skip', 'tenant-index-missing'],
    ['--skip', 'probe-plan-crosses'],
    ['--skip', 'data'],
  ])('%s %s proves nothing, of no relation', async (...args) => {
    const { exitCode, verdict, relations, lacking } = await run(await checkout(), ...args);
    expect({ exitCode, verdict }).toEqual({ exitCode: 4, verdict: 'inconclusive' });
    expect(lacking[0]?.reason).toBe(`only some of the checks ran (${args.join(' ')})`);
    const proven = relations.filter((one) => one.class !== 'internal' && one.verdict === 'isolated');
    expect(proven).toEqual([]);
  });

  it('what went through does not become isolated by leaving its check out', async () => {
    await planted(
      'CREATE POLICY open ON likes FOR SELECT USING (true)',
      'DROP POLICY open ON likes',
      async () => {
        const skipped = [
          'policy-always-true',
          'probe-select-crosses',
          'probe-context-crosses',
          'probe-update-crosses',
        ];
        const { exitCode, verdict } = await run(await checkout(), '--skip', skipped.join(','));
        expect({ exitCode, verdict }).toEqual({ exitCode: 4, verdict: 'inconclusive' });
      },
    );
  });

  it('nor is it 0 where the application keeps tenants apart', async () => {
    const cwd = await checkout({ isolation: 'application' });
    expect(await run(cwd, '--skip', 'tenant-index-missing')).toMatchObject({ exitCode: 4 });
    expect(await run(cwd)).toMatchObject({ exitCode: 0 });
  });

  it('do not make a waiver unused whose check did not run', { timeout: 60_000 }, async () => {
    const waivers = [{ key: 'rls-disabled:"public"."students"', reason: 'known' }];
    const cwd = await checkout({ waivers });
    expect(await run(cwd, '--skip', 'rls-disabled')).toMatchObject({ checks: [] });
    expect(await run(cwd)).toMatchObject({ checks: ['waiver-unused'] });
    expect(await run(cwd, '--skip', 'waiver-unused')).toMatchObject({ checks: [] });
  });

  it.each([
    [
      '--only',
      'rls-disable',
      'Cannot run the check "rls-disable": there is none of that name',
      'did you mean rls-disabled',
    ],
    ['--skip', 'xyzzyplugh', 'Cannot skip the check "xyzzyplugh"', '`tenantctl checks` lists them'],
  ])('%s %s is refused', async (flag, id, message, hint) => {
    const { exitCode, stderr } = await verify(await checkout(), [flag, id]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).toContain(hint);
  });
});

it('--fail-on warn says no to a warning, and leaves the verdict', { timeout: 60_000 }, async () => {
  const cwd = await checkout();
  await planted(
    'ALTER TABLE posts NO FORCE ROW LEVEL SECURITY',
    'ALTER TABLE posts FORCE ROW LEVEL SECURITY',
    async () => {
      expect(await run(cwd)).toMatchObject({ exitCode: 0, checks: ['rls-not-forced'], verdict: 'isolated' });
      expect(await run(cwd, '--fail-on', 'warn')).toMatchObject({ exitCode: 3, verdict: 'isolated' });
      const waivers = [{ key: 'rls-not-forced:"public"."posts"', reason: 'its owner never logs in' }];
      expect(await run(await checkout({ waivers }), '--fail-on', 'warn')).toMatchObject({ exitCode: 0 });
    },
  );
  expect(await run(cwd, '--fail-on', 'warn')).toMatchObject({ exitCode: 0 });
});
