import { displayName } from '../identifiers.js';
import type { Target } from '../postgres/server.js';
import type { Block, Cell, Tone } from '../report/report.js';
import { describeTarget } from '../report/target.js';
import { drawCoverage } from './coverage-blocks.js';
import { type Finding, isOpen, type Severity } from './finding.js';
import type { WrittenFixes } from './fix/file.js';
import { drawPolicyCounts, drawPolicyNotes } from './policy-blocks.js';
import type { ProbeTally } from './probe/proof.js';
import { displayObject } from './report-findings.js';
import { type Summary, summarize } from './summary.js';
import type { NotTried, RelationVerdict, Verdict } from './verdict.js';
import type { VerifyResult } from './verify.js';

const VERDICT_TONES: Record<Verdict, Tone> = { isolated: 'good', leaking: 'bad', inconclusive: 'warn' };
const SEVERITY_TONES: Record<Severity, Tone> = { error: 'bad', warn: 'warn', info: 'muted' };

export interface DrawOptions {
  fixes?: WrittenFixes | undefined;
  /** Whether a terminal shows what was tried one by one. */
  verbose?: boolean | undefined;
}

/** The verdict first; then what is wrong, worst first, with its remedy; then what was proven, and what was not. */
export function drawResult(
  target: Target,
  result: VerifyResult,
  { fixes, verbose = false }: DrawOptions = {},
): Block[] {
  return [
    ...drawSummary(target, result),
    ...result.lacking.flatMap(({ reason, remedy }) => [
      line({ text: 'Why: ', tone: 'strong' }, `${reason}.`),
      line({ text: 'Try: ', tone: 'strong' }, remedy),
    ]),
    ...drawFindings(result.findings),
    ...drawBaseline(result.baseline),
    ...drawFixes(fixes),
    ...drawRelations(result.relations),
    ...drawPolicyNotes(result.relations),
    ...drawCoverage(result.relations, verbose),
    ...drawNotTried(result.notTried),
    ...drawServer(result.server),
  ];
}

/** The verdict, and how it was come to. */
export function drawSummary(target: Target, result: VerifyResult): Block[] {
  return [headline(target, result), ...overview(result, summarize(result))];
}

function headline(target: Target, { verdict, isolation }: VerifyResult): Block {
  const byApplication = isolation === 'application' && verdict !== 'leaking';
  const text = byApplication ? 'not enforced by the database' : verdict;
  return line({ text, tone: VERDICT_TONES[verdict] }, `: ${describeTarget(target)}`);
}

function overview({ relations, appRole, functions }: VerifyResult, { findings, probes }: Summary): Block[] {
  const counts = [
    count(findings.error, 'error'),
    count(findings.warn, 'warning'),
    ...(findings.info > 0 ? [count(findings.info, 'remark')] : []),
    ...(findings.waived > 0 ? [`${findings.waived} waived`] : []),
    ...(findings.baselined > 0 ? [`${findings.baselined} in the baseline`] : []),
  ];
  const tried = probes.denied + probes.crossed + probes.failed;
  const policies = drawPolicyCounts(relations);
  if (tried === 0) return [line(`Audit: ${counts.join(', ')}. No crossing was tried.`), ...policies];
  const where = `${count(tried, 'crossing')} on ${count(relations.length, 'relation')}`;
  return [
    line(`Audit: ${counts.join(', ')}.`),
    ...policies,
    line(`Probe: as ${appRole}, ${where}: ${describeTally(probes)}.`),
    ...(functions.length > 0
      ? [line(`Called: ${count(functions.length, 'function')} that it may execute.`)]
      : []),
    ...(probes.denied > 0 ? [line(`Denied: ${describeDenials(probes)}.`)] : []),
    line({ text: 'Whatever it wrote was rolled back; sequences have advanced.', tone: 'muted' }),
  ];
}

function describeDenials({ deniedBy, sqlstates }: ProbeTally): string {
  const { policy, privilege, error, evaluation } = deniedBy;
  const others = sqlstates.filter((sqlstate) => sqlstate !== '42501').join(', ');
  return [
    ...(policy > 0 ? [`${policy} by policy`] : []),
    ...(error > 0 ? [`${error} by error (${others})`] : []),
    ...(privilege > 0 ? [`${privilege} for want of a privilege`] : []),
    ...(evaluation > 0 ? [`${evaluation} by policies evaluated on a made row`] : []),
  ].join(', ');
}

function describeTally({ denied, crossed, failed }: RelationVerdict['probes']): string {
  return [
    `${denied} denied`,
    ...(crossed > 0 ? [`${crossed} went through`] : []),
    ...(failed > 0 ? [`${failed} without an answer`] : []),
  ].join(', ');
}

/** By object, the one with the worst finding first; on each, what explains comes before what was tried. */
function drawFindings(findings: readonly Finding[]): Block[] {
  const open = new Map<string, Finding[]>();
  for (const finding of findings) {
    if (isOpen(finding)) open.set(objectOf(finding), [...(open.get(objectOf(finding)) ?? []), finding]);
  }
  const waived = findings.filter((finding) => finding.waived);
  const isTried = ({ evidence }: Finding) => Number(evidence === 'probe');
  return [
    ...[...open].flatMap(([object, found]) => [
      heading(object),
      ...found.toSorted((a, b) => isTried(a) - isTried(b)).flatMap((finding) => drawFinding(finding)),
    ]),
    ...(waived.length > 0 ? [heading('Waived')] : []),
    ...waived.map(({ key, waived: waiver }) =>
      line(key, `: ${waiver?.reason}${waiver?.until === undefined ? '' : ` (until ${waiver.until})`}`),
    ),
  ];
}

function objectOf({ schema, object }: Finding): string {
  return displayObject(schema, object) || 'database';
}

/** @param about the object, where no heading names it */
export function drawFinding(finding: Finding, about = ''): Block[] {
  const { severity, check, column, detail, statement, fix, remedy } = finding;
  const code = (text: string): Block => ({ kind: 'code', language: 'sql', text });
  return [
    line(
      { text: severity, tone: SEVERITY_TONES[severity] },
      ` ${check}${about === '' ? '' : ` on ${about}`}${column === undefined ? '' : ` (${column})`}`,
    ),
    wrapped(2, detail),
    ...(statement === undefined ? [] : [code(statement)]),
    ...(remedy === undefined ? [] : [wrapped(2, 'Try: ', remedy)]),
    ...(fix === undefined ? [] : [line('  Fix:'), code(fix)]),
  ];
}

/** What could be taken out of the baseline. */
export function drawBaseline(baseline: VerifyResult['baseline']): Block[] {
  if (!baseline || baseline.gone.length === 0) return [];
  return [
    heading('Found no more, and still in the baseline'),
    ...baseline.gone.map((key) => line(key)),
    line({ text: 'Try: ', tone: 'strong' }, 'verify-tenancy --update-baseline takes them out'),
  ];
}

function drawFixes(fixes: WrittenFixes | undefined): Block[] {
  if (!fixes) return [];
  const { files, statements, byHand } = fixes;
  const rest = byHand.length === 0 ? '' : ` ${count(byHand.length, 'finding')} can only be mended by hand.`;
  if (files.length === 0)
    return [heading('Fixes'), line(`No finding has a fix, so nothing was written.${rest}`)];
  return [
    heading('Fixes'),
    line(`${count(statements, 'statement')} in ${files.join(' and ')}.${rest}`),
    line({ text: 'Try: ', tone: 'strong' }, 'read them, then tenantctl migrate'),
  ];
}

const ORDER: readonly Verdict[] = ['leaking', 'inconclusive', 'isolated'];

/** One line per relation, the worst first; what holds no tenant's rows, and gave none away, is only named. */
function drawRelations(relations: readonly RelationVerdict[]): Block[] {
  if (relations.length === 0) return [];
  const isAside = (relation: RelationVerdict) =>
    relation.class === 'internal' && relation.verdict === 'isolated';
  const rank = ({ verdict }: RelationVerdict) => ORDER.indexOf(verdict);
  const rows = relations
    .filter((relation) => !isAside(relation))
    .toSorted((a, b) => rank(a) - rank(b))
    .map((relation): Cell[] => [
      displayName(relation),
      relation.class,
      { text: relation.verdict, tone: VERDICT_TONES[relation.verdict] },
      proved(relation),
    ]);
  const aside = relations.filter(isAside).map((relation) => displayName(relation));
  return [
    heading('Relations'),
    ...(rows.length > 0
      ? [{ kind: 'table' as const, head: ['relation', 'class', 'verdict', 'crossings tried'], rows }]
      : []),
    ...(aside.length > 0
      ? [{ kind: 'text' as const, indent: 1, spans: [`Bookkeeping of tools: ${aside.join(', ')}.`] }]
      : []),
  ];
}

function proved({ probes, reason }: RelationVerdict): string {
  const tried = probes.denied + probes.crossed + probes.failed > 0;
  return [...(tried ? [describeTally(probes)] : []), ...(reason === undefined ? [] : [reason])].join('; ');
}

/** What was left out for one reason is said once. */
export function drawNotTried(notTried: readonly NotTried[]): Block[] {
  const groups = new Map<string, string[]>();
  for (const { schema, object, what, reason } of notTried) {
    const text = `${what}: ${reason}`;
    const name = schema === '' ? object : displayName({ schema, name: object });
    groups.set(text, [...(groups.get(text) ?? []), name]);
  }
  if (groups.size === 0) return [];
  const remedies = new Set(notTried.flatMap(({ remedy }) => remedy ?? []));
  return [
    heading('Not tried'),
    ...[...groups].map(([text, names]) =>
      wrapped(0, names.some((name) => name !== '') ? `${names.join(', ')}: ${text}.` : `${text}.`),
    ),
    ...[...remedies].map((remedy) => wrapped(0, { text: 'Try: ', tone: 'strong' }, remedy)),
  ];
}

function drawServer({ version, advisories }: VerifyResult['server']): Block[] {
  return [
    heading('Server'),
    line(`PostgreSQL ${version}${advisories.length === 0 ? '.' : ', which has known weaknesses:'}`),
    ...advisories.map(({ id, what, fixedIn }) => wrapped(2, `${id}: ${what}; fixed in ${fixedIn}.`)),
  ];
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function heading(text: string): Block {
  return { kind: 'heading', text };
}

/** Broken at the terminal's width. */
function wrapped(indent: number, ...spans: Cell[]): Block {
  return { kind: 'text', spans, indent };
}

function line(...spans: Cell[]): Block {
  return { kind: 'text', spans };
}
