import { describe, expect, it } from 'vitest';
import { backendPid } from '../../src/postgres/connect.js';
import { isConnectionLost, kindOfSqlState, sqlErrorDetails, sqlState } from '../../src/postgres/errors.js';
import { useTestDatabase } from '../support/database.js';

const db = useTestDatabase();

const errorOf = (sql: string) =>
  db.query(sql).then(
    () => undefined,
    (error: unknown) => error,
  );

describe('an SQL error', () => {
  it('is told by its SQLSTATE, with what the server says about it', async () => {
    const error = await errorOf('select nope from pg_class');
    expect(sqlState(error)).toBe('42703');
    expect(sqlErrorDetails(error, { file: 'a.sql', statement: 'select nope from pg_class' })).toEqual({
      sqlstate: '42703',
      message: 'column "nope" does not exist',
      position: 8,
      file: 'a.sql',
      statement: 'select nope from pg_class',
    });
  });

  it('with detail and hint', async () => {
    const error = await errorOf(
      "do $$ begin raise 'no' using detail = 'd', hint = 'h', errcode = 'TT001'; end $$",
    );
    expect(sqlErrorDetails(error)).toEqual({ sqlstate: 'TT001', message: 'no', detail: 'd', hint: 'h' });
  });

  it.each([new Error('x'), Object.assign(new Error('x'), { code: 'EPIPE' }), 'text', undefined, null])(
    'is not %j',
    (error) => {
      expect(sqlState(error)).toBeUndefined();
      expect(sqlErrorDetails(error)).toBeUndefined();
    },
  );
});

it.each([
  ['55P03', 'retry'],
  ['57014', 'retry'],
  ['40001', 'retry'],
  ['40P01', 'retry'],
  ['53300', 'retry'],
  ['08006', 'unreachable'],
  ['57P01', 'unreachable'],
  ['57P03', 'unreachable'],
  ['42501', 'privilege'],
  ['42P01', 'bug'],
  ['23505', 'bug'],
  [undefined, 'bug'],
])('SQLSTATE %s means %s', (sqlstate, kind) => {
  expect(kindOfSqlState(sqlstate, 'bug')).toBe(kind);
});

describe('isConnectionLost', () => {
  it('tells a killed session from a failed statement', async () => {
    expect(isConnectionLost(await errorOf('select 1/0'))).toBe(false);
    const client = await db.client();
    const sleeping = client.query('select pg_sleep(30)').catch((error: unknown) => error);
    await expect
      .poll(() => db.query('select pg_terminate_backend($1) as done', [backendPid(client)]))
      .toEqual([{ done: true }]);
    expect(isConnectionLost(await sleeping)).toBe(true);
    const after = await client.query('select 1').catch((error: unknown) => error);
    expect(isConnectionLost(after)).toBe(true);
  });

  it.each(['ECONNRESET', 'EPIPE', 'ETIMEDOUT'])('knows %s', (code) => {
    expect(isConnectionLost(Object.assign(new Error('socket'), { code }))).toBe(true);
  });
});
