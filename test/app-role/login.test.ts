import { expect, it } from 'vitest';
import { type LoginFacts, passwordStands } from '../../src/app-role/login.js';
import { TenantctlError } from '../../src/errors.js';
import type { Database } from '../../src/postgres/database.js';
import type { ConnectionSettings } from '../../src/postgres/settings.js';

/** Somebody who may not read pg_authid. */
const FACTS: LoginFacts = {
  ...{ exists: true, bootstrap: false, ourselves: false, expired: false, sessions: 0, verifier: undefined },
};

/** A server that lets in whom `accepts` says, and answers others with an error of this code. */
function server(accepts: (password: string | undefined) => boolean, code = 'WRONG_PASSWORD'): Database {
  const database = (settings: ConnectionSettings): Database => ({
    settings,
    target: { host: 'h', port: 1, database: 'd', user: 'u', source: 'test', embedded: false },
    connect: async () => {
      if (accepts(settings.password)) return undefined as never;
      throw new TenantctlError({ kind: 'usage', code, message: 'no' });
    },
    as: database,
  });
  return database({
    ...{ host: 'h', port: 1, user: 'u', database: 'd', connectTimeoutMs: 1, ssl: { mode: 'disable' } },
  });
}

const stands = (database: Database) => passwordStands(database, 'app', FACTS, 'right');

it('a password stands where it logs in and another one does not', async () => {
  expect(await stands(server((password) => password === 'right'))).toBe(true);
  expect(await stands(server((password) => password === 'other'))).toBe(false);
  expect(await stands(server(() => false, 'LOGIN_REFUSED'))).toBe(false);
});

it('a server that trusts says nothing about a password', async () => {
  expect(await stands(server(() => true))).toBe(false);
});

it('a server that cannot be asked is an error, not an answer', async () => {
  await expect(stands(server(() => false, 'UNREACHABLE'))).rejects.toMatchObject({ code: 'UNREACHABLE' });
});

it('a role at its CONNECTION LIMIT has had its password accepted; a server without room has not looked at it', async () => {
  const answers = (wrong: string) =>
    server((password) => {
      const code = password === 'right' ? 'TOO_MANY_CONNECTIONS' : wrong;
      throw new TenantctlError({ kind: 'retry', code, message: 'no' });
    });
  expect(await stands(answers('WRONG_PASSWORD'))).toBe(true);
  await expect(stands(answers('TOO_MANY_CONNECTIONS'))).rejects.toMatchObject({
    code: 'TOO_MANY_CONNECTIONS',
  });
});
