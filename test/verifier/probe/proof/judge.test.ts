import { describe, expect, it } from 'vitest';
import { judge, type Trial } from '../../../../src/verifier/probe/proof/judge.js';
import type { Attempt, Refusal } from '../../../../src/verifier/probe/session/attempt.js';

const trial = (context: Trial['context']): Trial => ({
  ...{ command: 'insert', form: 'plain', context },
  statement: { text: 'insert … where guard', shown: 'insert …' },
});

const refusal = (sqlstate: string, byPolicy = false): Refusal => ({
  ...{ ok: false, sqlstate, message: 'no', constraint: undefined, column: undefined, byPolicy },
});

const answer: Attempt = { ok: true, rows: [], count: 0 };

describe('a trial', () => {
  it('that reaches nothing is denied by policy, and its statement forgotten', () => {
    const proof = judge(trial('tenant'), answer, undefined);
    expect(proof).toMatchObject({ result: 'denied', by: 'policy' });
    expect(proof).not.toHaveProperty('statement');
  });

  it('that reaches something has crossed, and is shown without its guard', () => {
    expect(judge(trial('tenant'), answer, 'read 1 row')).toMatchObject({
      ...{ result: 'crossed', statement: 'insert …', detail: 'read 1 row' },
    });
  });

  it('is denied by a policy or for want of a privilege, which are not the same', () => {
    expect(judge(trial('tenant'), refusal('42501', true), undefined)).toMatchObject({
      result: 'denied',
      by: 'policy',
    });
    expect(judge(trial('tenant'), refusal('42501'), undefined)).toMatchObject({
      result: 'denied',
      by: 'privilege',
    });
  });

  it.each(['P0001', '22P02', 'TN001', '23505', '57014'])(
    'of a tenant that ends with %s says nothing',
    (sqlstate) => {
      expect(judge(trial('tenant'), refusal(sqlstate), undefined)).toMatchObject({
        result: 'failed',
        sqlstate,
      });
    },
  );

  it.each(['P0001', '22P02', 'TN001', '42704'])(
    'without a tenant that ends with %s meets a closed door',
    (sqlstate) => {
      expect(judge(trial('never set'), refusal(sqlstate), undefined)).toMatchObject({
        ...{ result: 'denied', by: 'error', sqlstate },
      });
    },
  );

  it.each(['23505', '23503', '55P03', '57014', '40001', '53100'])(
    'without a tenant that ends with %s says nothing',
    (sqlstate) => {
      expect(judge(trial('empty'), refusal(sqlstate), undefined).result).toBe('failed');
    },
  );
});
