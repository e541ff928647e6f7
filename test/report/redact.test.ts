import { expect, it } from 'vitest';
import { mapStrings } from '../../src/report/redact.js';

it('changes every string, keys too, and nothing else', () => {
  const shout = (text: string) => text.toUpperCase();
  const given = { a: ['b', { c: 'd' }], n: 1, none: null, yes: true, missing: undefined };
  expect(mapStrings<unknown>(given, shout)).toEqual({
    ...{ A: ['B', { C: 'D' }], N: 1, NONE: null, YES: true, MISSING: undefined },
  });
});
