import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import {
  applyBaseline,
  type Baseline,
  baselineOf,
  goneFrom,
  readBaseline,
  writeBaseline,
} from '../../src/verifier/baseline.js';
import type { Finding } from '../../src/verifier/finding.js';
import { temporaryDirectory } from '../support/temporary.js';

const finding = (key: string, changes: Partial<Finding> = {}): Finding => ({
  ...{
    key,
    check: key,
    severity: 'error',
    schema: 'public',
    object: 't',
    detail: `${key}.`,
    evidence: 'catalog',
  },
  ...changes,
});
const entry = (severity: Finding['severity']) => ({ severity, schema: 'public', object: 't', detail: 'x' });
const always = () => true;

it('marks what is in it, unless it has become worse', () => {
  const baseline: Baseline = { a: entry('error'), b: entry('warn'), c: entry('error') };
  const found = [finding('a'), finding('b'), finding('c', { severity: 'warn' }), finding('toString')];
  expect(applyBaseline(found, baseline).map(({ baselined }) => baselined)).toEqual([
    ...[true, undefined, true, undefined],
  ]);
});

it('takes in what could fail a gate, and keeps what was not looked for', () => {
  const found = [
    finding('a'),
    finding('b', { severity: 'info' }),
    finding('c', { waived: { reason: 'known' } }),
  ];
  const before: Baseline = { old: entry('error'), unasked: entry('warn') };
  expect(Object.keys(baselineOf(found, before, (key) => key !== 'unasked'))).toEqual(['unasked', 'a']);
});

it('names what is found no more', () => {
  const baseline: Baseline = { z: entry('error'), b: entry('error'), a: entry('error') };
  expect(goneFrom(baseline, [finding('b')], always)).toEqual(['a', 'z']);
  expect(goneFrom(baseline, [], (key) => key === 'z')).toEqual(['z']);
});

it('is a file that changes only where a finding does', async () => {
  const file = path.join(await temporaryDirectory(), 'baseline.json');
  await writeBaseline(file, { b: entry('warn'), a: entry('error') });
  const text = await readFile(file, 'utf8');
  expect(text).toBe(`{
  "version": 1,
  "findings": {
    "a": {
      "severity": "error",
      "schema": "public",
      "object": "t",
      "detail": "x"
    },
    "b": {
      "severity": "warn",
      "schema": "public",
      "object": "t",
      "detail": "x"
    }
  }
}
`);
  await writeBaseline(file, await readBaseline(file, { orEmpty: false }));
  expect(await readFile(file, 'utf8')).toBe(text);
});

it('may be missing only where it is about to be written', async () => {
  const file = path.join(await temporaryDirectory(), 'none.json');
  expect(await readBaseline(file, { orEmpty: true })).toEqual({});
  await expect(readBaseline(file, { orEmpty: false })).rejects.toThrow('there is no such file');
  await writeFile(file, '{"version":1,"findings":{"a":{}}}');
  await expect(readBaseline(file, { orEmpty: true })).rejects.toThrow('it is not a baseline of this version');
});
