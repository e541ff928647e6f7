import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../support/cli.js';
import { createLogin, useTestDatabase } from '../support/database.js';
import { temporaryDirectory } from '../support/temporary.js';

const db = useTestDatabase();
let cwd: string;
beforeEach(async () => {
  cwd = await temporaryDirectory();
  await mkdir(path.join(cwd, 'migrations'));
});

interface Failure {
  exitCode: number;
  code: string;
  /** What the message has to name. */
  cause: string | RegExp;
  remedy: string | RegExp;
}

/** Runs `status`, for people and with --json, and expects this failure both times. */
async function expectFailure(
  expected: Failure,
  args: string[],
  env: Record<string, string> = {},
): Promise<void> {
  const [text, json] = await Promise.all([
    runCli(['status', ...args], { cwd, env }),
    runCli(['status', ...args, '--json'], { cwd, env }),
  ]);
  expect({ exitCode: text.exitCode, stdout: text.stdout }).toEqual({
    exitCode: expected.exitCode,
    stdout: '',
  });
  expect(text.stderr).toMatch(/^Error: Cannot /);
  expect(text.stderr).toMatch(expected.cause);
  const remedy = text.stderr.slice(text.stderr.indexOf('Try: '));
  expect(remedy).toMatch(expected.remedy);
  expect(json.exitCode).toBe(expected.exitCode);
  expect(JSON.parse(json.stdout)).toEqual({
    ...{ version: 1, command: 'status', exitCode: expected.exitCode },
    target: expect.toSatisfy((target) => target === null || typeof target === 'object'),
    error: expect.objectContaining({
      code: expected.code,
      message: expect.any(String),
      hint: expect.any(String),
    }),
  });
}

/** The test server's URL with something changed. */
function urlWith(change: (url: URL) => void): string {
  const url = new URL(db.url);
  change(url);
  return url.href;
}

describe('a configuration', () => {
  const usage = (code: string, cause: string | RegExp, remedy: string | RegExp): Failure => ({
    ...{ exitCode: 2, code, cause, remedy },
  });

  it.each<[string, string, Failure]>([
    [
      'with an unknown key',
      '{ "tenancy": { "approle": 1 } }',
      usage('CONFIG_INVALID', 'tenancy.approle: unknown key', 'README'),
    ],
    [
      'with a wrong type',
      '{ "migrations": { "directory": 1 } }',
      usage('CONFIG_INVALID', /migrations\.directory: .*expected string/, 'README'),
    ],
    ['that is not JSON', '{', usage('CONFIG_THROWS', 'it is not valid JSON', 'node -p')],
  ])('%s', async (_, text, expected) => {
    await writeFile(path.join(cwd, 'tenantctl.config.json'), text);
    await expectFailure(expected, []);
  });

  it('that throws', async () => {
    await writeFile(path.join(cwd, 'tenantctl.config.ts'), "throw new Error('DB_HOST is not set');");
    await expectFailure(usage('CONFIG_THROWS', 'DB_HOST is not set', 'npx tsx'), []);
  });

  it('that is missing', async () => {
    const expected = usage('CONFIG_MISSING', `${cwd}/absent.ts: there is no such file`, 'tenantctl init');
    await expectFailure(expected, ['--config', 'absent.ts']);
    await expectFailure(expected, [], { TENANTCTL_CONFIG: 'absent.ts' });
  });

  it('that chooses no database, and nothing else does: four ways to say it', async () => {
    await expectFailure(
      usage('NO_DATABASE', 'none is configured', /DATABASE_URL=.*--database-url.*--knexfile.*connection: /s),
      [],
    );
  });

  it('that chooses the embedded server in a pipeline', async () => {
    await writeFile(path.join(cwd, 'tenantctl.config.json'), '{ "connection": { "embedded": true } }');
    const expected = (variable: string) =>
      usage('EMBEDDED_REFUSED', `${variable} is set`, 'TENANTCTL_EMBEDDED=1');
    await expectFailure(expected('CI'), [], { CI: 'true' });
    await expectFailure(expected('KUBERNETES_SERVICE_HOST'), [], { KUBERNETES_SERVICE_HOST: '10.0.0.1' });
  });
});

describe('a connection', () => {
  it('by what is not a URL', async () => {
    const expected = (source: string): Failure => ({
      ...{
        exitCode: 2,
        code: 'BAD_URL',
        cause: `Cannot read ${source}`,
        remedy: 'postgres://USER:PASSWORD@HOST:5432',
      },
    });
    await expectFailure(expected('DATABASE_URL'), [], { DATABASE_URL: 'localhost:5432/d' });
    await expectFailure(expected('--database-url'), ['--database-url', 'mysql://h/d']);
  });

  it('with an sslmode, port or timeout that is none', async () => {
    const failure = (code: string, cause: string): Failure => ({ exitCode: 2, code, cause, remedy: /\w/ });
    await expectFailure(failure('BAD_SSLMODE', 'received "on"'), [], {
      DATABASE_URL: 'postgres://h/d?sslmode=on',
    });
    await expectFailure(failure('BAD_PORT', '"70000"'), [], { PGHOST: 'h', PGPORT: '70000' });
    await expectFailure(failure('BAD_TIMEOUT', '"soon"'), [], { PGHOST: 'h', PGCONNECT_TIMEOUT: 'soon' });
  });

  it('by a secret file that cannot be read', async () => {
    const file = path.join(cwd, 'absent');
    await expectFailure(
      {
        exitCode: 2,
        code: 'SECRET_UNREADABLE',
        cause: `${file} named by DATABASE_URL_FILE`,
        remedy: 'mounted',
      },
      [],
      { DATABASE_URL_FILE: file },
    );
  });

  it('to a database that does not exist', async () => {
    const failure: Failure = {
      ...{
        exitCode: 2,
        code: 'NO_SUCH_DATABASE',
        cause: '"no_such_database"',
        remedy: 'createdb no_such_database',
      },
    };
    await expectFailure(failure, [
      '--database-url',
      urlWith((url) => {
        url.pathname = '/no_such_database';
      }),
    ]);
  });

  it('with a wrong password', async () => {
    const { role } = await createLogin(db, 'app');
    const DATABASE_URL = urlWith((url) => {
      url.username = role;
      url.password = 'wrong';
    });
    const cause = new RegExp(`as "${role}" \\(from DATABASE_URL\\): wrong password`);
    await expectFailure({ exitCode: 2, code: 'WRONG_PASSWORD', cause, remedy: 'password' }, [], {
      DATABASE_URL,
    });
  });

  it('to a host that cannot be reached', async () => {
    const failure: Failure = {
      exitCode: 69,
      code: 'UNREACHABLE',
      cause: '127.0.0.1:1',
      remedy: 'pg_isready',
    };
    await expectFailure(failure, ['--database-url', 'postgres://u:p@127.0.0.1:1/d']);
  });

  it('with TLS that the server refuses', async () => {
    const DATABASE_URL = urlWith((url) => url.searchParams.set('sslmode', 'require'));
    await expectFailure(
      {
        exitCode: 2,
        code: 'TLS_REFUSED',
        cause: /sslmode=require.*does not offer TLS/,
        remedy: 'sslmode=prefer',
      },
      [],
      { DATABASE_URL },
    );
  });

  it('as a role that may not connect', async () => {
    const { url } = await createLogin(db, 'outsider');
    await db.query(`revoke connect on database "${db.name}" from public`);
    await expectFailure(
      { exitCode: 77, code: 'MAY_NOT_CONNECT', cause: 'permission denied', remedy: 'GRANT CONNECT' },
      [],
      {
        DATABASE_URL: url,
      },
    );
  });
});
