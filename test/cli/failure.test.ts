import { Errors } from '@oclif/core';
import { describe, expect, it } from 'vitest';
import { failureOf as nameFailure } from '../../src/cli/failure.js';
import { TenantctlError } from '../../src/errors.js';

const called = { command: 'status', flags: ['check', 'json'] };
const failureOf = (error: unknown, signal: NodeJS.Signals | undefined) => nameFailure(error, signal, called);
const sqlError = (code: string, message = 'from the server') => Object.assign(new Error(message), { code });

describe('failureOf', () => {
  it('leaves our own errors as they are', async () => {
    const own = new TenantctlError({ kind: 'gate', code: 'X', message: 'Cannot x y: z.' });
    expect(await failureOf(own, undefined)).toBe(own);
    expect(await failureOf(own, 'SIGINT')).toBe(own);
  });

  it("turns oclif's complaints into usage errors, without their parse context", async () => {
    const error = Object.assign(new Errors.CLIError('Nonexistent flag: --foo\nSee more help with --help'), {
      parse: { input: { argv: ['--database-url', 'postgres://u:s3cret@h/d'] } },
    });
    const failure = await failureOf(error, undefined);
    expect(failure).toMatchObject({
      ...{ kind: 'usage', code: 'USAGE', hint: 'tenantctl status --help' },
      message: 'Cannot read the command line: Nonexistent flag: --foo.',
    });
    expect(JSON.stringify({ ...failure, message: failure.message })).not.toContain('s3cret');
  });

  it.each([
    ['55P03', 'retry'],
    ['42501', 'privilege'],
    ['57P01', 'unreachable'],
    ['25006', 'usage'],
    ['42P01', 'bug'],
  ])('tells an SQL error by its SQLSTATE: %s', async (code, kind) => {
    expect(await failureOf(sqlError(code), undefined)).toMatchObject({
      kind,
      code: `SQL_${code}`,
      message: 'Cannot go on: from the server.',
      sql: { sqlstate: code },
    });
  });

  it.each([
    ['25006', 'name the primary server'],
    ['42501', 'GRANT this one what it lacks'],
  ])('says what to do about SQLSTATE %s', async (code, hint) => {
    expect((await failureOf(sqlError(code), undefined)).hint).toContain(hint);
  });

  it('tells a lost connection', async () => {
    const failure = await failureOf(new Error('Connection terminated unexpectedly'), undefined);
    expect(failure).toMatchObject({ kind: 'unreachable', code: 'CONNECTION_LOST' });
  });

  it.each([new TypeError('x is not a function'), 'thrown text', undefined])(
    'calls %j a bug',
    async (thrown) => {
      expect(await failureOf(thrown, undefined)).toMatchObject({
        kind: 'bug',
        message: expect.stringContaining('this is a bug in tenantctl'),
        hint: expect.stringContaining('report'),
      });
    },
  );

  it.each([
    ['a canceled statement', sqlError('57014')],
    ['an aborted wait', new DOMException('aborted', 'AbortError')],
    ['a wrapped one', new Error('step failed', { cause: sqlError('57014') })],
    [
      'a step that failed of it',
      new TenantctlError({
        kind: 'step-failed',
        code: 'X',
        message: 'x',
        sql: { sqlstate: '57014', message: 'm' },
      }),
    ],
  ])('after a signal, %s is its consequence', async (_, error) => {
    expect(await failureOf(error, 'SIGTERM')).toMatchObject({ kind: 'interrupted', code: 'INTERRUPTED' });
    expect((await failureOf(error, undefined)).kind).not.toBe('interrupted');
  });

  it('after a signal, another error is still that error', async () => {
    expect(await failureOf(sqlError('42501'), 'SIGINT')).toMatchObject({ kind: 'privilege' });
  });
});
