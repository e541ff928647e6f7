import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { FORMATS, parseReportTargets, renderReport, writeReports } from '../../src/report/reports.js';
import { temporaryDirectory } from '../support/temporary.js';
import { FAILED, VARIED } from './findings.js';

describe('parseReportTargets', () => {
  it('reads files and stdout', async () => {
    expect(await parseReportTargets(['sarif=a=b.sarif', 'github'])).toEqual([
      { format: 'sarif', file: 'a=b.sarif' },
      { format: 'github', file: undefined },
    ]);
  });

  it.each([
    [['html'], /expected FORMAT or FORMAT=FILE, where FORMAT is table, json, junit, sarif, markdown, github/],
    [['sarif='], /Cannot write the report "sarif="/],
    [['toString=x'], /expected FORMAT/],
    [['json', 'sarif=x', 'github'], /json and github would both go to stdout/],
    [['json=/no/such/x.json'], /Cannot write the report \/no\/such\/x\.json: ENOENT/],
  ])('refuses %j', async (texts, message) => {
    await expect(parseReportTargets(texts)).rejects.toThrow(message);
  });
});

it.each(FORMATS)('%s can tell of findings, of none, and of a failure', async (format) => {
  expect(await renderReport(VARIED, format)).toMatch(/\n$/);
  const { findings: _, ...without } = VARIED;
  expect(typeof (await renderReport(without, format))).toBe('string');
  expect(typeof (await renderReport(FAILED, format))).toBe('string');
});

it('writes over what is there', async () => {
  const file = path.join(await temporaryDirectory(), 'report.json');
  await writeReports(VARIED, [{ format: 'json', file }]);
  await writeReports(FAILED, [{ format: 'json', file }]);
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(FAILED.document);
});
