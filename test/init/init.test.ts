import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../support/cli.js';
import { useTestDatabase } from '../support/database.js';
import { temporaryDirectory } from '../support/temporary.js';

const db = useTestDatabase({ template: 'booking' });
let cwd: string;
beforeEach(async () => {
  cwd = await temporaryDirectory();
});

const init = (args: string[] = [], env: Record<string, string> = { DATABASE_URL: db.url }) =>
  runCli(['init', ...args], { cwd, env });
const config = (name = 'tenantctl.config.ts') => readFile(path.join(cwd, name), 'utf8');

describe('tenantctl init', () => {
  it('writes a configuration, and says what it saw', async () => {
    await mkdir(path.join(cwd, 'checks'));
    const { exitCode, stdout, stderr } = await init();
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain(`Wrote ${cwd}/tenantctl.config.ts, from what was seen in ${db.name}`);
    expect(stdout).toMatch(/root +public\.organizations/);
    const text = await config();
    for (const line of ["root: 'organizations'", "column: 'organization_id'", "checks: 'checks'"]) {
      expect(text).toContain(line);
    }
    expect((await init(['--dry-run', '--json'])).exitCode).toBe(0);
  });

  it('works without a database: what is to be filled in', async () => {
    const { exitCode, stdout } = await init([], {});
    expect(exitCode).toBe(0);
    expect(stdout).toContain('no database is configured');
    expect(await config()).toContain('// tenancy: {');
  });

  it('does not write over a configuration of any name without --force', async () => {
    await writeFile(path.join(cwd, 'tenantctl.config.json'), '{}');
    const refused = await init();
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain(
      `Cannot write the configuration: there is ${cwd}/tenantctl.config.json already.`,
    );
    expect(refused.stderr).toContain('Try: tenantctl init --force');
    expect(await readdir(cwd)).toEqual(['tenantctl.config.json']);
    await writeFile(path.join(cwd, 'mine.ts'), 'mine');
    expect((await init(['--output', 'mine.ts'])).exitCode).toBe(2);
    expect(await config('mine.ts')).toBe('mine');
    expect((await init(['--output', 'mine.ts', '--force'])).exitCode).toBe(0);
    expect(await config('mine.ts')).toContain('defineConfig');
  });

  it('--dry-run only shows it', async () => {
    const { exitCode, stdout } = await init(['--dry-run']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("root: 'organizations'");
    expect(await readdir(cwd)).toEqual([]);
  });

  it('--json tells the same', async () => {
    const { stdout } = await init(['--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ version: 1, command: 'init', exitCode: 0, written: true, dryRun: false },
      path: path.join(cwd, 'tenantctl.config.ts'),
      source: await config(),
      proposal: { root: { value: { schema: 'public', name: 'organizations' } } },
    });
  });

  it('names the directory that cannot be written', async () => {
    const { exitCode, stderr } = await init(['--output', 'absent/tenantctl.config.ts']);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/Cannot write .*absent\/tenantctl\.config\.ts: ENOENT/);
  });
});
