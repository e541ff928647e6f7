import { beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../support/cli.js';
import { createLogin, type TestLogin, useTestDatabase } from '../support/database.js';
import { CTRL_C, ENTER, runOnTerminal } from '../support/terminal.js';

const db = useTestDatabase();
let login: TestLogin;
let withoutPassword: string;

beforeAll(async () => {
  login = await createLogin(db, 'asked');
  const url = new URL(login.url);
  url.password = '';
  withoutPassword = url.href;
});

const STATUS = ['status'];
const question = () => `Password for ${login.role} on 127.0.0.1:`;

describe('a password that the server wants and nobody gave', () => {
  it('is asked for on a terminal, and not shown', async () => {
    const { exitCode, stdout } = await runOnTerminal(
      STATUS,
      [{ after: question(), type: login.password + ENTER }],
      {
        env: { DATABASE_URL: withoutPassword },
      },
    );
    expect(stdout).toContain(question());
    expect(stdout).not.toContain(login.password);
    expect(exitCode).toBe(0);
  });

  it('is asked for once; a wrong answer is a wrong password', async () => {
    const { exitCode, stdout } = await runOnTerminal(STATUS, [{ after: question(), type: `wrong${ENTER}` }], {
      env: { DATABASE_URL: withoutPassword },
    });
    expect(stdout).toMatch(/wrong\s+password/);
    expect(exitCode).toBe(2);
  });

  it('may be refused with Ctrl-C', async () => {
    const { exitCode, stdout } = await runOnTerminal(STATUS, [{ after: question(), type: CTRL_C }], {
      env: { DATABASE_URL: withoutPassword },
    });
    expect(stdout).toContain('Stopped at a question; nothing was changed.');
    expect(exitCode).toBe(130);
  });

  it('is not asked for where it is configured', async () => {
    const { exitCode, stdout } = await runOnTerminal(STATUS, [], { env: { DATABASE_URL: login.url } });
    expect(stdout).not.toContain('Password for');
    expect(exitCode).toBe(0);
  });

  it('is an error that names the remedy where nobody can be asked', async () => {
    const { exitCode, stdout, stderr } = await runCli(STATUS, { env: { DATABASE_URL: withoutPassword } });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain('the server asks for a password and none is given');
    expect(stderr).toContain('Try: PGPASSWORD');
  });
});
