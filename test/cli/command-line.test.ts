import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify, stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ROOT, runCli } from '../support/cli.js';

const { version } = JSON.parse(await readFile(`${ROOT}package.json`, 'utf8')) as { version: string };

/** The one document on stdout. */
async function documentOf(args: string[], env: Record<string, string> = {}) {
  const { stdout, exitCode } = await runCli([...args, '--json'], { env });
  const document = JSON.parse(stdout) as Record<string, unknown>;
  expect(document.exitCode).toBe(exitCode);
  return document;
}

describe('tenantctl', () => {
  it('--version tells its own', async () => {
    const { stdout, exitCode } = await runCli(['--version']);
    expect(stdout).toMatch(new RegExp(`^tenantctl/${version.replaceAll('.', '\\.')} `));
    expect(exitCode).toBe(0);
  });

  it('without arguments, with --help and with help tells what there is', async () => {
    for (const args of [[], ['--help'], ['help']]) {
      const { stdout, exitCode } = await runCli(args);
      expect(exitCode).toBe(0);
      expect(stdout).toContain('USAGE\n  $ tenantctl [COMMAND]');
      expect(stdout).toContain('create-app-role');
    }
  });

  it('runs as a user whom the system has no entry of, and no HOME or SHELL', async () => {
    const preload = `import os from 'node:os';
      delete process.env.HOME; delete process.env.SHELL;
      const none = () => { throw new Error('uv_os_get_passwd returned ENOENT'); };
      os.userInfo = none;
      os.homedir = () => process.env.HOME ?? none();
      (await import('node:module')).syncBuiltinESMExports();`;
    const env = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(preload)}` };
    for (const args of [['--version'], ['checks'], ['status', '--help']]) {
      expect(await runCli(args, { env })).toMatchObject({ exitCode: 0, stderr: '' });
    }
  });

  it('-h is --help', async () => {
    for (const command of [[], ['status'], ['migrate', 'new']]) {
      const [short, long] = await Promise.all([runCli([...command, '-h']), runCli([...command, '--help'])]);
      expect(short).toEqual(long);
    }
  });

  it('<command> --help shows summary, flags with their variables, and examples', async () => {
    const { stdout, exitCode } = await runCli(['create-app-role', '--help']);
    expect(exitCode).toBe(0);
    for (const part of ['--database-url=URL', 'DATABASE_URL', 'TENANTCTL_CONFIG', 'EXAMPLES', '--json']) {
      expect(stdout).toContain(part);
    }
  });
});

describe('a wrong command line exits with 2', () => {
  it.each([
    ['an unknown flag', ['create-app-role', '--nope'], 'Nonexistent flag: --nope'],
    ['a flag without its value', ['create-app-role', '--role'], 'Flag --role expects a value'],
    ['an unknown value', ['create-app-role', '--log-format', 'xml'], 'text, json'],
    [
      'two flags that exclude each other',
      ['create-app-role', '--generate-password', '--password-file', 'x'],
      'cannot also be provided',
    ],
  ])('%s', async (_, args, cause) => {
    const { exitCode, stdout, stderr } = await runCli(args);
    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^Error: Cannot read the command line: /);
    expect(stderr).toMatch(/^Try: .*tenantctl create-app-role --help/m);
    expect(stderr).toContain(cause);
    expect(await documentOf(args)).toEqual({
      version: 1,
      command: 'create-app-role',
      target: null,
      exitCode: 2,
      error: {
        code: 'USAGE',
        message: expect.any(String),
        hint: expect.stringContaining('tenantctl create-app-role --help'),
      },
    });
  });

  it('an unknown command, with the nearest one; nothing is asked', async () => {
    const { exitCode, stdout, stderr } = await runCli(['create-ap-role', '--dry-run']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toBe(
      'Error: Cannot run "create-ap-role": there is no such command.\nTry: tenantctl create-app-role, or tenantctl --help for all commands\n',
    );
    expect(await documentOf(['create-ap-role'])).toMatchObject({
      ...{ version: 1, command: 'create-ap-role', target: null, exitCode: 2 },
      error: { code: 'UNKNOWN_COMMAND' },
    });
  });

  it('an unknown command that resembles none', async () => {
    const { exitCode, stderr } = await runCli(['xyzzy']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('Try: tenantctl --help');
  });
});

describe('colour', () => {
  const stderr = async (env: Record<string, string>) =>
    (await runCli(['create-app-role', '--nope'], { env })).stderr;

  it('is left out of pipes, and follows FORCE_COLOR and NO_COLOR', async () => {
    const plain = await stderr({});
    expect(plain).toBe(stripVTControlCharacters(plain));
    const forced = await stderr({ FORCE_COLOR: '1' });
    expect(forced).not.toBe(plain);
    expect(stripVTControlCharacters(forced)).toBe(plain);
    expect(await stderr({ FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(plain);
    expect(await stderr({ FORCE_COLOR: '0' })).toBe(plain);
    expect(await stderr({ FORCE_COLOR: '1', NO_COLOR: '' })).toBe(forced);
  });

  it('never gets into JSON', async () => {
    expect(await documentOf(['create-app-role', '--nope'], { FORCE_COLOR: '1' })).toMatchObject({
      exitCode: 2,
    });
  });
});

describe('streams', () => {
  const shell = promisify(execFile);

  it.each(['--help', 'create-app-role --nope --json', 'create-app-role --nope 2>&1'])(
    'that are closed early are no crash: %s',
    async (args) => {
      const command = `"${process.execPath}" "${ROOT}bin/run.js" ${args} | true; echo "\${PIPESTATUS[0]}"`;
      const { stdout, stderr } = await shell('bash', ['--norc', '-c', command], {
        env: { PATH: process.env.PATH },
      });
      expect(stderr).toBe('');
      expect(stdout.trim()).toBe(args === '--help' ? '0' : '2');
    },
  );

  it('get even a crash without its secrets', async () => {
    // As soon as somebody listens.
    const crash = `process.on('newListener', (event) => {
      if (event !== 'uncaughtException') return;
      setImmediate(() => { throw new Error('crashed with ' + process.env.PGPASSWORD); });
    })`;
    const { exitCode, stderr } = await runCli(['--version'], {
      env: {
        PGPASSWORD: 'c4nary-of-the-crash',
        NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(crash)}`,
      },
    });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^Error: this is a bug in tenantctl: Error: crashed with \*\*\*\n/);
  });
});
