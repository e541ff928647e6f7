import { displayName } from '../identifiers.js';
import type { Target } from '../postgres/server.js';
import type { Block, Cell, Tone } from '../report/report.js';
import { describeTarget } from '../report/target.js';
import type { Finding, Severity } from './finding.js';
import { type Summary, summarize } from './report.js';
import type { NotTried, RelationVerdict, Verdict } from './verdict.js';
import type { VerifyResult } from './verify.js';

const VERDICT_TONES: Record<Verdict, Tone> = { isolated: 'good', leaking: 'bad', inconclusive: 'warn' };
const SEVERITY_TONES: Record<Severity, Tone> = { error: 'bad', warn: 'warn', info: 'muted' };

/** The verdict first; then what is wrong, worst first, with its remedy; then what was proven, and what was not. */
export function drawResult(target: Target, result: VerifyResult): Block[] {
  return [
    headline(target, result),
    line(overview(result, summarize(result))),
    ...result.lacking.flatMap(({ reason, remedy }) => [
      line({ text: 'Why: ', tone: 'strong' }, `${reason}.`),
      line({ text: 'Try: ', tone: 'strong' }, remedy),
    ]),
    ...drawFindings(result.findings),
    ...drawRelations(result.relations),
    ...drawNotTried(result.notTried),
    ...drawServer(result.server),
  ];
}

function headline(target: Target, { verdict, isolation }: VerifyResult): Block {
  const byApplication = isolation === 'application' && verdict !== 'leaking';
  const text = byApplication ? 'not enforced by the database' : verdict;
  return line({ text, tone: VERDICT_TONES[verdict] }, `: ${describeTarget(target)}`);
}

function overview({ relations, appRole }: VerifyResult, { findings, probes }: Summary): string {
  const counts = [
    count(findings.error, 'error'),
    count(findings.warn, 'warning'),
    ...(findings.info > 0 ? [count(findings.info, 'remark')] : []),
    ...(findings.waived > 0 ? [`${findings.waived} waived`] : []),
  ];
  const tried = probes.denied + probes.crossed + probes.failed;
  const live =
    tried === 0
      ? 'No crossing was tried.'
      : `As ${appRole}, ${count(tried, 'crossing')} tried on ${count(relations.length, 'relation')}: ${describeTally(probes)}.`;
  return `${counts.join(', ')}. ${live}`;
}

function describeTally({ denied, crossed, failed }: RelationVerdict['probes']): string {
  return [
    `${denied} denied`,
    ...(crossed > 0 ? [`${crossed} went through`] : []),
    ...(failed > 0 ? [`${failed} without an answer`] : []),
  ].join(', ');
}

function drawFindings(findings: readonly Finding[]): Block[] {
  const open = findings.filter(({ waived }) => !waived);
  const waived = findings.filter((finding) => finding.waived);
  return [
    ...(open.length > 0 ? [heading('Findings')] : []),
    ...open.flatMap(drawFinding),
    ...(waived.length > 0 ? [heading('Waived')] : []),
    ...waived.map(({ key, waived: waiver }) =>
      line(key, `: ${waiver?.reason}${waiver?.until === undefined ? '' : ` (until ${waiver.until})`}`),
    ),
  ];
}

function drawFinding(finding: Finding): Block[] {
  const { severity, check, schema, object, column, detail, fix, remedy } = finding;
  const name = object === '' ? schema : schema === '' ? object : displayName({ schema, name: object });
  const where = column === undefined ? name : `${name}.${column}`;
  return [
    line(
      { text: severity, tone: SEVERITY_TONES[severity] },
      '  ',
      { text: where, tone: 'strong' },
      `  ${check}`,
    ),
    line(`  ${detail}`),
    ...(remedy === undefined ? [] : [line('  Try: ', remedy)]),
    ...(fix === undefined ? [] : [{ kind: 'code', language: 'sql', text: fix } as const]),
  ];
}

const ORDER: readonly Verdict[] = ['leaking', 'inconclusive', 'isolated'];

/** One line per relation; what holds no tenant's rows comes last. */
function drawRelations(relations: readonly RelationVerdict[]): Block[] {
  if (relations.length === 0) return [];
  const rank = ({ verdict, class: kind }: RelationVerdict) =>
    ORDER.indexOf(verdict) + (kind === 'internal' ? 10 : 0);
  const sorted = [...relations].sort((a, b) => rank(a) - rank(b));
  const rows = sorted.map((relation): Cell[] => [
    displayName(relation),
    relation.class,
    relation.class === 'internal' && relation.verdict === 'isolated'
      ? { text: '-', tone: 'muted' }
      : { text: relation.verdict, tone: VERDICT_TONES[relation.verdict] },
    proved(relation),
  ]);
  return [
    heading('Relations'),
    { kind: 'table', head: ['relation', 'class', 'verdict', 'crossings tried'], rows },
  ];
}

function proved({ probes, reason }: RelationVerdict): string {
  const tried = probes.denied + probes.crossed + probes.failed > 0;
  return [...(tried ? [describeTally(probes)] : []), ...(reason === undefined ? [] : [reason])].join('; ');
}

/** What was left out for one reason is said once. */
function drawNotTried(notTried: readonly NotTried[]): Block[] {
  const groups = new Map<string, string[]>();
  for (const { schema, object, what, reason } of notTried) {
    const text = `${what}: ${reason}`;
    const name = schema === '' ? object : displayName({ schema, name: object });
    groups.set(text, [...(groups.get(text) ?? []), name]);
  }
  if (groups.size === 0) return [];
  return [heading('Not tried'), ...[...groups].map(([text, names]) => line(`${names.join(', ')}: ${text}.`))];
}

function drawServer({ version, advisories }: VerifyResult['server']): Block[] {
  return [
    heading('Server'),
    line(`PostgreSQL ${version}${advisories.length === 0 ? '.' : ', which has known weaknesses:'}`),
    ...advisories.map(({ id, what, fixedIn }) => line(`  ${id}: ${what}; fixed in ${fixedIn}.`)),
  ];
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function heading(text: string): Block {
  return { kind: 'heading', text };
}

function line(...spans: Cell[]): Block {
  return { kind: 'text', spans };
}
