import { adviceOf, type Findings, type ReportedFinding } from './findings.js';
import type { Report } from './report.js';

interface Case {
  name: string;
  /** The element that says it did not pass. */
  outcome?: { element: 'failure' | 'error' | 'skipped'; type: string; message: string; text: string };
  output?: string | undefined;
}

/**
 * JUnit XML, for the test pages of GitLab, Jenkins and others. A suite is an object of the database. A finding that fails
 * the gate is a failure, one that does not is skipped; what was tried and held passed; what could not be verified is an
 * error.
 */
export function renderJunit(report: Report): string {
  const suites = suitesOf(report);
  const body = [...suites].map(([object, cases]) => suite(object, cases)).join('');
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites${attributes({
    name: `tenantctl ${report.document.command}`,
    ...counts([...suites.values()].flat()),
  })}>\n${body}</testsuites>\n`;
}

function suitesOf({ document, findings: found }: Report): Map<string, Case[]> {
  const suites = new Map<string, Case[]>();
  const put = (object: string, made: Case) => {
    const name = object === '' ? 'database' : object;
    suites.set(name, [...(suites.get(name) ?? []), made]);
  };
  for (const finding of found?.findings ?? []) put(finding.object, ofFinding(finding));
  for (const test of found?.tests ?? []) put(test.object, ofTest(test));
  if (document.error) {
    const { code: type, message, hint = '' } = document.error;
    put('', { name: document.command, outcome: { element: 'error', type, message, text: hint } });
  }
  return suites;
}

function ofFinding(finding: ReportedFinding): Case {
  const { key, rule, severity, object, message, fails, accepted } = finding;
  // One check can find several faults in one object: each needs a name of its own.
  const part = key.startsWith(`${rule}:`) ? key.slice(rule.length + 1) : object;
  const outcome = {
    element: fails ? ('failure' as const) : ('skipped' as const),
    type: severity,
    message: accepted ? `${message} (${accepted.by}: ${accepted.reason})` : message,
    text: [message, ...adviceOf(finding), `Key: ${key}`].join('\n'),
  };
  return { name: `${rule} (${part})`, outcome };
}

function ofTest({ name, outcome, message = '' }: Findings['tests'][number]): Case {
  if (outcome === 'passed') return { name, output: message };
  const element = outcome === 'inconclusive' ? 'error' : 'skipped';
  return { name, outcome: { element, type: outcome, message, text: message } };
}

function suite(object: string, cases: readonly Case[]): string {
  const body = cases.map((each) => testcase(object, each)).join('');
  const skipped = String(cases.filter(({ outcome }) => outcome?.element === 'skipped').length);
  return `  <testsuite${attributes({ name: object, ...counts(cases), skipped })}>\n${body}  </testsuite>\n`;
}

function counts(cases: readonly Case[]): Record<string, string> {
  const of = (element: string) => String(cases.filter(({ outcome }) => outcome?.element === element).length);
  return { tests: String(cases.length), failures: of('failure'), errors: of('error') };
}

function testcase(object: string, { name, outcome, output }: Case): string {
  const open = `    <testcase${attributes({ classname: object, name })}`;
  if (outcome) {
    const { element, type, message, text } = outcome;
    // The schema gives <skipped> no attributes.
    const child =
      element === 'skipped'
        ? `<skipped>${escapeXml(`${type}: ${message}`)}</skipped>`
        : `<${element}${attributes({ type, message })}>${escapeXml(text)}</${element}>`;
    return `${open}>\n      ${child}\n    </testcase>\n`;
  }
  return output
    ? `${open}>\n      <system-out>${escapeXml(output)}</system-out>\n    </testcase>\n`
    : `${open}/>\n`;
}

function attributes(values: Record<string, string>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escapeXml(value).replaceAll('\n', '&#10;')}"`)
    .join('');
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Names come from the database, and XML has no way to write most control characters. */
function escapeXml(text: string): string {
  return text
    .replaceAll(/[&<>"]/g, (character) => ENTITIES[character] ?? character)
    .replaceAll(/[^\t\n\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD');
}
