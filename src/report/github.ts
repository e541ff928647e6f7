import { adviceOf, bySeverity, type Findings, type ReportedFinding } from './findings.js';
import type { Report } from './report.js';

type Level = 'error' | 'warning';

interface Annotation {
  level: Level;
  title: string;
  message: string;
  file?: string | undefined;
  line?: number | undefined;
}

/** GitHub shows ten of a level per step, and drops the rest without a word. */
const SHOWN = 10;

/**
 * Workflow commands that annotate the change in GitHub Actions: worst first, and the last that is shown says how many
 * there are besides. Remarks and what somebody accepted are left to the other reports.
 */
export function renderGithub(report: Report): string {
  const { findings = [], tests = [], place } = report.findings ?? {};
  const open = findings
    .filter(({ accepted, severity }) => !accepted && severity !== 'info')
    .toSorted(bySeverity);
  const all = [
    ...failure(report),
    ...open.map((finding) => ofFinding(finding, place)),
    ...tests.flatMap(ofTest),
  ];
  const lines = (['error', 'warning'] as const).flatMap((level) =>
    limited(all.filter((annotation) => annotation.level === level)).map(command),
  );
  return lines.map((line) => `${line}\n`).join('');
}

function ofFinding(finding: ReportedFinding, place: string | undefined): Annotation {
  const { rule, object, message, fails } = finding;
  return {
    level: fails ? 'error' : 'warning',
    title: object === '' ? rule : `${object}: ${rule}`,
    message: [message, ...adviceOf(finding)].join('\n'),
    file: finding.file ?? place,
    line: finding.line ?? 1,
  };
}

function ofTest({ object, name, outcome, message = '' }: Findings['tests'][number]): Annotation[] {
  if (outcome !== 'inconclusive') return [];
  return [{ level: 'error', title: object === '' ? name : `${object}: ${name}`, message }];
}

function failure({ document: { error } }: Report): Annotation[] {
  if (!error) return [];
  const { code, message, hint } = error;
  return [
    { level: 'error', title: code, message: hint === undefined ? message : `${message}\nTry: ${hint}` },
  ];
}

function limited(annotations: readonly Annotation[]): readonly Annotation[] {
  const [first] = annotations;
  if (!first || annotations.length <= SHOWN) return annotations;
  const shown = annotations.slice(0, SHOWN - 1);
  const more = annotations.length - shown.length;
  const message = `${more} more of this level are in the log of this step and in its other reports.`;
  return [...shown, { level: first.level, title: `and ${more} more`, message }];
}

function command({ level, title, message, file, line }: Annotation): string {
  const properties = [
    ...(file === undefined ? [] : [`file=${property(file)}`, `line=${line}`]),
    `title=${property(title)}`,
  ];
  return `::${level} ${properties.join(',')}::${encode(message)}`;
}

function encode(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return encode(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
