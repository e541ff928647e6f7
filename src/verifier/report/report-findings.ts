import { displayName } from '../../identifiers.js';
import type { Findings, ReportedFinding, ReportedTest } from '../../report/findings.js';
import { COMMANDS, type Coverage } from '../coverage.js';
import { type FailOn, type Finding, failsGate } from '../finding.js';
import type { RelationVerdict } from '../verdict.js';
import type { VerifyResult } from '../verify-result.js';

/** Where findings are shown that are of no file of their own; both from the repository's root. */
export interface Places {
  configuration: string;
  /** The file of one of the team's own checks. */
  script(check: string): string | undefined;
}

/** What was found and what was tried, for the formats that other tools read. */
export function reportedFindings(result: VerifyResult, places: Places): Findings {
  const { findings, checks, failOn } = result;
  const causesFirst = findings.toSorted(
    (a, b) => Number(a.evidence === 'probe') - Number(b.evidence === 'probe'),
  );
  return {
    rules: checks,
    findings: causesFirst.map((finding) => reported(finding, failOn, places)),
    tests: reportedTests(result),
    place: places.configuration,
  };
}

function reportedTests({ relations, lacking, notTried }: VerifyResult): ReportedTest[] {
  const whole = new Set(lacking.map(({ reason }) => reason));
  const required = new Set(
    notTried.filter((one) => one.required).map(({ schema, object }) => displayObject(schema, object)),
  );
  return [
    ...lacking.map(
      ({ reason, remedy }): ReportedTest => ({
        ...{ object: '', name: 'proof', outcome: 'inconclusive', message: `${reason}. Try: ${remedy}` },
      }),
    ),
    // What is the same for all of them is said once.
    ...relations.filter(({ reason }) => !whole.has(reason ?? '')).flatMap((one) => testsOf(one, required)),
    ...notTried.map(
      ({ schema, object, what, reason, required }): ReportedTest => ({
        object: displayObject(schema, object),
        ...{ name: what, outcome: required ? 'inconclusive' : 'skipped', message: reason },
      }),
    ),
  ];
}

/** 'students', 'shop.orders', 'all_students()', a role; '' for the database. */
export function displayObject(schema: string, object: string): string {
  if (object === '') return schema === '' ? '' : `schema ${schema}`;
  return schema === '' ? object : displayName({ schema, name: object });
}

function reported(finding: Finding, failOn: FailOn, places: Places): ReportedFinding {
  const { key, check, severity, schema, object, detail, statement, remedy, fix, waived, baselined } = finding;
  return {
    ...{ key, rule: check, severity, object: displayObject(schema, object), message: detail },
    file: places.script(check),
    ...{ statement, remedy, fix, fails: failsGate(finding, failOn) },
    accepted: waived
      ? { by: 'waiver', reason: waived.reason }
      : baselined
        ? { by: 'baseline', reason: 'it was there when the baseline was made' }
        : undefined,
  };
}

/** One per command that was tried; what went through is a finding, and no test besides. */
function testsOf(relation: RelationVerdict, elsewhere: ReadonlySet<string>): ReportedTest[] {
  if (relation.class === 'internal') return [];
  const object = displayName(relation);
  const tests = COMMANDS.flatMap((command): ReportedTest[] => {
    const cells = relation.coverage.filter((cell) => cell.command === command);
    if (cells.length === 0 || cells.some(({ result }) => result === 'crossed')) return [];
    const failed = cells.find(({ result }) => result === 'failed');
    if (failed) return [{ object, name: command, outcome: 'inconclusive', message: describe(failed) }];
    return [{ object, name: command, outcome: 'passed', message: cells.map(describe).join('\n') }];
  });
  const { verdict, reason: message } = relation;
  const said = elsewhere.has(object) || tests.some(({ outcome }) => outcome === 'inconclusive');
  if (verdict === 'inconclusive' && !said)
    return [...tests, { object, name: 'verdict', outcome: verdict, message }];
  if (tests.length > 0 || verdict !== 'isolated') return tests;
  return [{ object, name: 'verdict', outcome: 'passed', message }];
}

function describe({ context, tried, result, by, detail }: Coverage): string {
  const how = result === 'denied' ? `${tried} denied by ${by.join(', ')}` : `${result}: ${detail ?? ''}`;
  return `context ${context}: ${how}`;
}
