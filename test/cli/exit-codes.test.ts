import { expect, it } from 'vitest';
import { EXIT_CODES, exitCodeFor } from '../../src/cli/exit-codes.js';
import type { ErrorKind } from '../../src/errors.js';

it.each<[ErrorKind, number]>([
  ['bug', 1],
  ['usage', 2],
  ['gate', 3],
  ['inconclusive', 4],
  ['step-failed', 10],
  ['part-way', 11],
  ['unreachable', 69],
  ['retry', 75],
  ['privilege', 77],
])('%s exits with %d', (kind, code) => {
  expect(exitCodeFor(kind)).toBe(code);
  expect(exitCodeFor(kind, 'SIGTERM')).toBe(code);
});

it('an interruption exits with the code of its signal; Ctrl-C at a question is a SIGINT', () => {
  expect(exitCodeFor('interrupted', 'SIGINT')).toBe(130);
  expect(exitCodeFor('interrupted', 'SIGTERM')).toBe(143);
  expect(exitCodeFor('interrupted')).toBe(130);
});

it('no two codes are the same', () => {
  const codes = Object.values(EXIT_CODES).map(({ code }) => code);
  expect(new Set(codes).size).toBe(codes.length);
});
