import type { Log, Result } from 'sarif';
import { describe, expect, it } from 'vitest';
import type { Report } from '../../src/report/report.js';
import { renderSarif } from '../../src/report/sarif.js';
import { sarifErrors } from '../support/schemas.js';
import { FAILED, finding, ODD, report, VARIED } from './findings.js';

function runOf(given: Report) {
  const [run] = (JSON.parse(renderSarif(given)) as Log).runs;
  if (!run) throw new Error('no run');
  return { ...run, results: run.results ?? [] };
}

describe('the published schema', () => {
  it.each([
    ['findings of every kind', VARIED],
    ['nothing at all', report({})],
    ['a failure', FAILED],
  ])('accepts %s', (_, given) => {
    expect(sarifErrors(renderSarif(given))).toEqual([]);
  });

  it.each([
    ['a level that there is not', (result: Result) => ({ ...result, level: 'fatal' })],
    ['a result without a message', ({ message: _, ...result }: Result) => result],
    ['a property that there is not', (result: Result) => ({ ...result, fingerprint: 'x' })],
  ])('does not accept %s', (_, spoil) => {
    const log = JSON.parse(renderSarif(VARIED));
    log.runs[0].results[0] = spoil(log.runs[0].results[0]);
    expect(sarifErrors(JSON.stringify(log))).not.toEqual([]);
  });
});

it("has what GitHub's code scanning asks of each result", () => {
  const { results } = runOf(VARIED);
  for (const { locations, ruleId, message } of results) {
    const { artifactLocation, region } = locations?.[0]?.physicalLocation ?? {};
    expect({ ruleId, text: message.text, uri: artifactLocation?.uri, line: region?.startLine }).toEqual({
      ...{ ruleId: expect.any(String), text: expect.stringMatching(/./) },
      ...{ uri: expect.stringMatching(/^[^/].*/), line: expect.any(Number) },
    });
  }
  expect(results[1]?.locations?.[0]?.physicalLocation).toMatchObject({
    artifactLocation: { uri: 'checks/odd%20name.sql' },
    region: { startLine: 3 },
  });
});

it('tells findings of one rule in one place apart, from run to run', () => {
  const prints = (given: Report) =>
    runOf(given).results.map(({ partialFingerprints }) => partialFingerprints);
  const [first, second] = prints(report({ findings: [finding({ object: 'a' }), finding({ object: 'b' })] }));
  expect(first?.['findingKey/v1']).toBe('rls-disabled:"public"."a"');
  expect(first?.primaryLocationLineHash).not.toBe(second?.primaryLocationLineHash);
  const [again] = prints(report({ findings: [finding({ object: 'a', message: 'said in other words' })] }));
  expect(again).toEqual(first);
});

it('explains the rules of its findings, and names the object', () => {
  const { tool, results } = runOf(VARIED);
  expect(tool.driver.rules).toMatchObject([
    { id: 'rls-disabled', help: { text: expect.stringContaining('tenantctl checks rls-disabled') } },
  ]);
  expect(results[0]).toMatchObject({
    ...{ ruleIndex: 0, level: 'error', message: { text: expect.stringContaining(ODD) } },
    locations: [{ logicalLocations: [{ fullyQualifiedName: ODD }] }],
  });
  expect(results.map(({ level }) => level)).toEqual(['error', 'error', 'warning', 'note', 'error', 'error']);
});

it('marks what was accepted as suppressed, with the reason', () => {
  const { results } = runOf(VARIED);
  expect(results.map(({ suppressions }) => suppressions?.map(({ justification }) => justification))).toEqual([
    ...[undefined, undefined, undefined, undefined, [ODD], ['old']],
  ]);
});

it('says what could not be verified, and what failed', () => {
  const invocation = (given: Report) => runOf(given).invocations?.[0];
  expect(invocation(VARIED)).toMatchObject({ executionSuccessful: true, exitCode: 3 });
  const texts = invocation(VARIED)?.toolExecutionNotifications?.map(({ level, message }) => [
    level,
    message.text,
  ]);
  expect(texts).toEqual([
    ['error', `orders: insert: ${ODD}`],
    ['note', 'orders: TRUNCATE: left out'],
    ['error', 'proof: no login'],
  ]);
  expect(invocation(FAILED)).toMatchObject({
    ...{ executionSuccessful: false, exitCode: 69 },
    toolExecutionNotifications: [{ descriptor: { id: 'UNREACHABLE' } }],
  });
});
