import { describe, expect, it } from 'vitest';
import { noteFailedStatement } from '../../src/postgres/failed-statement.js';
import { type FailedStep, stepFailure } from '../../src/postgres/step-failure.js';

const sqlError = (code: string, message = 'it says so') => Object.assign(new Error(message), { code });

const step: FailedStep = {
  act: 'apply 2_b.sql',
  path: '/m/2_b.sql',
  left: 'nothing',
  before: ['1_a.ts'],
  command: 'tenantctl migrate',
  partial: { applied: ['1_a.ts'] },
  signal: undefined,
};

describe('stepFailure', () => {
  it.each([
    ['23505', 'nothing', 'step-failed', 'STEP_FAILED'],
    ['23505', 'part', 'part-way', 'PART_WAY'],
    ['55P03', 'nothing', 'retry', 'LOCK_OR_TIMEOUT'],
    ['40P01', 'part', 'retry', 'LOCK_OR_TIMEOUT'],
    ['57014', 'nothing', 'retry', 'LOCK_OR_TIMEOUT'],
    ['42501', 'nothing', 'privilege', 'PRIVILEGE'],
    ['57P01', 'unknown', 'unreachable', 'CONNECTION_LOST'],
    ['25006', 'part', 'part-way', 'PART_WAY'],
    ['25P03', 'unknown', 'retry', 'LOCK_OR_TIMEOUT'],
    ['25P04', 'unknown', 'retry', 'LOCK_OR_TIMEOUT'],
  ] as const)('SQLSTATE %s, leaving %s: %s', (code, left, kind, name) => {
    expect(stepFailure(sqlError(code), { ...step, left })).toMatchObject({
      ...{ kind, code: name, partial: step.partial },
      sql: { sqlstate: code, file: '/m/2_b.sql' },
    });
  });

  it('says what could not be done, why, what it left, and what stays', () => {
    expect(stepFailure(sqlError('23505', 'duplicate key.'), step).message).toBe(
      'Cannot apply 2_b.sql: duplicate key. It left nothing behind. What came before it in this run stays: 1_a.ts.',
    );
    expect(stepFailure(sqlError('57P01'), { ...step, left: 'unknown', unflushed: true }).message).toMatch(
      /stays: 1_a\.ts, unless the server crashed and lost the last of it\.$/,
    );
    expect(stepFailure(sqlError('23505'), { ...step, before: [], left: 'part' }).message).toMatch(
      /stopped part way.*Nothing came before it in this run\.$/,
    );
  });

  it.each([
    ['57014', /SET statement_timeout = 0/],
    ['25P03', /SET LOCAL idle_in_transaction_session_timeout = 0/],
    ['25P04', /SET LOCAL transaction_timeout = 0/],
    ['53100', /^tenantctl migrate once more, when the server has what it was out of$/],
    ['55P03', /^tenantctl migrate once more, when the session that is in the way is done$/],
  ])('does not blame another session for SQLSTATE %s, unless it was one', (code, hint) => {
    expect(stepFailure(sqlError(code), step).hint).toMatch(hint);
  });

  it('names the line of the .sql file, and the statement', () => {
    const error = sqlError('42P01');
    noteFailedStatement(error, { text: 'select * from nope', line: 7 });
    expect(stepFailure(error, step).sql).toMatchObject({
      ...{ file: '/m/2_b.sql:7', statement: 'select * from nope' },
    });
  });

  it("names the line in the user's module for an error of JavaScript", () => {
    const error = new TypeError('x is not a function');
    error.stack = `TypeError: x is not a function\n    at up (/m/2_b.ts:12:5)\n    at run (/lib/knex.js:3:1)`;
    const failed = stepFailure(error, { ...step, act: 'apply 2_b.ts', path: '/m/2_b.ts' });
    expect(failed).toMatchObject({ kind: 'step-failed', sql: undefined });
    expect(failed.message).toMatch(/^Cannot apply 2_b\.ts: x is not a function \(at \/m\/2_b\.ts:12\)\. /);
  });

  it('looks through what a file wraps around the SQL error', () => {
    const wrapped = new Error('users: 3 rows without organization', {
      cause: sqlError('23502', 'null value'),
    });
    const failed = stepFailure(wrapped, step);
    expect(failed.message).toContain('users: 3 rows without organization');
    expect(failed.sql).toMatchObject({ sqlstate: '23502', message: 'null value' });
  });

  it.each(['a text', undefined, null, 4])('takes %j for what was thrown', (thrown) => {
    expect(stepFailure(thrown, step)).toMatchObject({
      kind: 'step-failed',
      message: expect.stringContaining(`Cannot apply 2_b.sql: ${String(thrown)}.`),
    });
  });

  it.each([sqlError('57014'), new DOMException('This operation was aborted', 'AbortError')])(
    'after a signal, %s is its consequence; another error is not',
    (error) => {
      const signal = AbortSignal.abort();
      expect(stepFailure(error, { ...step, signal })).toMatchObject({
        ...{ kind: 'interrupted', code: 'INTERRUPTED', partial: step.partial },
        message: expect.stringContaining('a signal stopped it'),
      });
      expect(stepFailure(sqlError('23505'), { ...step, signal }).kind).toBe('step-failed');
      expect(stepFailure(error, step).kind).not.toBe('interrupted');
    },
  );

  it('tells how to run CREATE INDEX CONCURRENTLY', () => {
    const hint = 'export const config = { transaction: false }';
    expect(stepFailure(sqlError('25001'), { ...step, withoutTransaction: hint }).hint).toBe(hint);
  });
});
