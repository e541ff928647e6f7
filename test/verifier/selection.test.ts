import { describe, expect, it } from 'vitest';
import type { CheckInfo } from '../../src/verifier/check.js';
import { isSelected, namedChecks, partialRun, settledBy } from '../../src/verifier/selection.js';

const check = (id: string, family: CheckInfo['family'] = 'rls'): CheckInfo => ({
  ...{ id, family, title: id, severity: 'error', explanation: id },
});
const CHECKS = [
  check('a'),
  check('script:x', 'data'),
  check('script:x:y', 'data'),
  check('probe-z', 'probe'),
];

describe('isSelected', () => {
  it.each([
    [{ only: [], skip: [] }, true],
    [{ only: ['a'], skip: [] }, true],
    [{ only: ['b'], skip: [] }, false],
    [{ only: [], skip: ['a'] }, false],
    [{ only: ['a'], skip: ['a'] }, false],
  ])('of a, with %j: %s', (selection, selected) => {
    expect(isSelected(selection, 'a')).toBe(selected);
  });
});

describe('namedChecks', () => {
  it('refuses what is no check and no family, and suggests one that is', () => {
    expect(() => namedChecks({ only: [], skip: ['prob-z'] }, CHECKS)).toThrow(
      expect.objectContaining({ kind: 'usage', hint: 'did you mean probe-z, probe?' }),
    );
    expect(() => namedChecks({ only: ['dat'], skip: [] }, CHECKS)).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('data') }),
    );
  });

  it('refuses a name that is empty', () => {
    for (const only of [[''], ['a', ' ']])
      expect(() => namedChecks({ only, skip: [] }, CHECKS)).toThrow(
        expect.objectContaining({
          kind: 'usage',
          message: 'Cannot run checks: one of their names is empty.',
        }),
      );
  });

  it("puts a family's checks in place of its name, the team's own among them", () => {
    expect(namedChecks({ only: ['a', 'probe'], skip: ['data'] }, CHECKS)).toEqual({
      ...{ only: ['a', 'probe-z'], skip: ['script:x', 'script:x:y'] },
    });
    expect(namedChecks({ only: [], skip: ['script:x'] }, CHECKS)).toEqual({ only: [], skip: ['script:x'] });
  });
});

it('a run of all checks is not partial', () => {
  expect(partialRun({ only: [], skip: [] })).toBeUndefined();
  expect(partialRun({ only: ['a'], skip: ['b'] })?.reason).toContain('--only a --skip b');
});

describe('settledBy', () => {
  const unanswered = [{ check: 'script:x', schema: '', object: 'x.sql', why: 'it took too long' }];
  const settled = settledBy(CHECKS, {
    ...{ selection: { only: [], skip: ['a'] }, notFinished: unanswered, probed: false },
  });

  it.each([
    ['a:"public"."t"', false, 'was skipped'],
    ['script:x:"public"."t"', false, 'had no answer'],
    ['script:x:y:"public"."t"', true, 'ran; another one has the beginning of its name'],
    ['probe-z:"public"."t"', false, 'was not probed'],
    ['gone:"public"."t"', true, 'is no check any more'],
  ])('%s: %s, since it %s', (key, expected) => {
    expect(settled(key)).toBe(expected);
  });
});
