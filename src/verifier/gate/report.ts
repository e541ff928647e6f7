import type { Target } from '../../postgres/server.js';
import type { Block, Cell, Report } from '../../report/report.js';
import { isAccepted } from '../finding.js';
import type { ProbeTally } from '../probe/proof/proof.js';
import { drawBaseline, drawFinding } from '../report/finding-blocks.js';
import { findingDocument, notTriedDocument, verifyDocument } from '../report/report.js';
import { drawNotTried, drawResult, drawSummary } from '../report/report-blocks.js';
import { displayObject } from '../report/report-findings.js';
import type { VerifyResult } from '../verify-result.js';
import type { Judgement } from './gate.js';
import type { Hole } from './openings.js';

/** What a gate came to, before the commit and after it. */
export interface Verification {
  judgement: Judgement;
  /** What the application's own login found after the commit; undefined where it was not asked. */
  afterCommit: VerifyResult | undefined;
}

export function outcomeOf({ judgement, afterCommit }: Verification): Judgement['outcome'] {
  return judgement.outcome === 'ok' ? (afterCommit?.outcome ?? 'ok') : judgement.outcome;
}

/** Adds what a gate came to to the report of the run that it stood in the way of. */
export function withVerification(report: Report, verification: Verification, exitCode: number): Report {
  const { document, blocks } = report;
  const { target } = document;
  return {
    document: { ...document, exitCode, verification: verificationDocument(verification) },
    blocks: [...blocks, ...(target ? drawVerification(target, verification) : [])],
  };
}

function verificationDocument(verification: Verification) {
  const { judgement, afterCommit } = verification;
  return {
    outcome: outcomeOf(verification),
    holes: judgement.holes.map(({ after, ...finding }) => ({ ...findingDocument(finding), after })),
    accepted: judgement.accepted.map(findingDocument),
    notTried: judgement.notTried.map(notTriedDocument),
    probes: judgement.probes,
    afterCommit: afterCommit ? verifyDocument(afterCommit) : null,
  };
}

/** The word of the gate, and what it has let pass for now. */
function drawVerification(target: Target, verification: Verification): Block[] {
  const { judgement, afterCommit } = verification;
  const accepted = afterCommit?.findings.filter(isAccepted) ?? judgement.accepted;
  return [
    ...drawOutcome(target, verification),
    ...(accepted.length > 0 ? [heading('Open, and in the baseline')] : []),
    ...accepted.map(({ key }) => line(key)),
  ];
}

/** What keeps the files from being committed, by the file that opened it; else what the login found. */
function drawOutcome(target: Target, { judgement, afterCommit }: Verification): Block[] {
  const { outcome, holes, notTried, probes } = judgement;
  if (outcome === 'gate') return [...drawHoles(holes), ...remedies(holes)];
  if (outcome === 'inconclusive')
    return [heading('Before the commit'), NOT_JUDGED, ...drawNotTried(notTried)];
  if (!afterCommit) return [heading('Before the commit'), nothingLeaks(probes), ...drawNotTried(notTried)];
  if (afterCommit.outcome === 'ok')
    return [
      heading('After the commit'),
      ...drawSummary(target, afterCommit),
      ...drawBaseline(afterCommit.baseline),
    ];
  return [heading('After the commit'), ALREADY_COMMITTED, ...drawResult(target, afterCommit)];
}

const NOT_JUDGED = line(
  { text: 'inconclusive', tone: 'warn' },
  ': not all could be judged before the commit.',
);
function nothingLeaks({ denied }: ProbeTally): Block {
  const good: Cell = { text: 'Verified', tone: 'good' };
  return line(good, `: nothing leaks that shows before a commit; ${denied} crossings were denied.`);
}

const ALREADY_COMMITTED = line(
  { text: 'Already committed', tone: 'bad' },
  ': what follows is what only the login itself could find.',
);

/** Under the file that opened it. */
function drawHoles(holes: readonly Hole[]): Block[] {
  const groups = new Map<string, Hole[]>();
  for (const hole of holes) {
    const title = titleOf(hole);
    groups.set(title, [...(groups.get(title) ?? []), hole]);
  }
  return [...groups].flatMap(([title, found]): Block[] => [
    heading(title),
    ...found.flatMap((hole) => drawFinding(hole, displayObject(hole.schema, hole.object) || 'the database')),
  ]);
}

function titleOf({ after, evidence }: Hole): string {
  if (after.length === 0) return 'Open before';
  const files = after.join(', ');
  if (evidence !== 'catalog')
    return `Found ${evidence === 'probe' ? 'by trying' : 'in the rows'}, after ${files}`;
  return after.length === 1 ? `Opened by ${files}` : `Opened by one of ${files}`;
}

function remedies(holes: readonly Hole[]): Block[] {
  const before = holes.some(({ after }) => after.length === 0);
  return [
    heading('What to do'),
    line('Mend the files, then tenantctl migrate --verify once more.'),
    ...(before
      ? [
          line(
            'What was open before: close it in a migration of the same run, which then passes; or live with it for now: ' +
              'verify-tenancy --baseline FILE --update-baseline, and migrate --verify --baseline FILE.',
          ),
        ]
      : []),
    line(
      'What is open on purpose: a waiver with its key and the reason (tenancy.waivers); --json shows the keys.',
    ),
  ];
}

function heading(text: string): Block {
  return { kind: 'heading', text };
}

function line(...spans: Cell[]): Block {
  return { kind: 'text', spans, indent: 0 };
}
