import { displayName } from '../../identifiers.js';
import type { Target } from '../../postgres/server.js';
import { count, heading, line, wrapped } from '../../report/blocks.js';
import type { Block, Cell, Tone } from '../../report/report.js';
import { describeTarget } from '../../report/target.js';
import type { WrittenFixes } from '../fix/file.js';
import type { ProbeTally } from '../probe/proof/proof.js';
import { type Summary, summarize } from '../summary.js';
import type { NotTried, RelationVerdict, Verdict } from '../verdict.js';
import type { VerifyResult } from '../verify-result.js';
import { drawCoverage } from './coverage-blocks.js';
import { drawBaseline, drawFindings, drawFixes, drawNextSteps } from './finding-blocks.js';
import { drawPolicyCounts, drawPolicyNotes } from './policy-blocks.js';

const VERDICT_TONES: Record<Verdict, Tone> = { isolated: 'good', leaking: 'bad', inconclusive: 'warn' };

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
    ...drawLacking(result.lacking),
    ...drawFindings(result.findings, verbose),
    ...drawNextSteps(result.findings, fixes),
    ...drawBaseline(result.baseline),
    ...drawFixes(fixes),
    ...drawRelations(result),
    ...drawPolicyNotes(result.relations),
    ...drawCoverage(result.relations, verbose),
    ...drawNotTried(result.notTried),
    ...drawServer(result.server),
  ];
}

/** What helps against several is said once. */
function drawLacking(lacking: VerifyResult['lacking']): Block[] {
  return lacking.flatMap(({ reason, remedy }, at) => [
    line({ text: 'Why: ', tone: 'strong' }, `${reason}.`),
    ...(lacking[at + 1]?.remedy === remedy ? [] : [line({ text: 'Try: ', tone: 'strong' }, remedy)]),
  ]);
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

function overview(
  { relations, appRole, functions, readOnly }: VerifyResult,
  { findings, probes }: Summary,
): Block[] {
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
    line({
      text: readOnly ? 'It wrote nothing.' : 'Whatever it wrote was rolled back; sequences have advanced.',
      tone: 'muted',
    }),
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

const ORDER: readonly Verdict[] = ['leaking', 'inconclusive', 'isolated'];

/** One line per relation, the worst first; what holds no tenant's rows, and gave none away, is only named. */
function drawRelations({ relations, lacking, notTried }: VerifyResult): Block[] {
  if (relations.length === 0) return [];
  const isAside = (relation: RelationVerdict) =>
    relation.class === 'internal' && relation.verdict === 'isolated';
  // What is the same for many is said once, above or below.
  const said = new Set([
    ...lacking.map(({ reason }) => reason),
    ...notTried.map(({ what, reason }) => `${what}: ${reason}`),
  ]);
  const isRepeated = ({ reason = '' }: RelationVerdict) =>
    said.has(reason) && relations.filter((other) => other.reason === reason).length > 2;
  const rank = ({ verdict }: RelationVerdict) => ORDER.indexOf(verdict);
  const rows = relations
    .filter((relation) => !isAside(relation))
    .toSorted((a, b) => rank(a) - rank(b))
    .map((relation): Cell[] => [
      displayName(relation),
      relation.class,
      { text: relation.verdict, tone: VERDICT_TONES[relation.verdict] },
      proved(isRepeated(relation) ? { ...relation, reason: undefined } : relation),
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
