import type { Target } from '../../postgres/server.js';
import { describeSession } from '../../postgres/sessions.js';
import type { Block, Cell, Report } from '../../report/report.js';
import { describeTarget } from '../../report/target.js';
import type { AcceptedDrift } from '../accept-drift.js';
import type { BaselineResult } from '../baseline.js';
import type { NewResult } from '../files/new.js';
import { isLocked, type UnlockResult } from '../lock/unlock.js';
import type { RepairResult } from '../repair.js';
import { objectLines } from './drift-report.js';

/** Draws what `migrate baseline` recorded, or would. */
export function baselineReport(target: Target, result: BaselineResult): Report {
  const document = { version: 1 as const, command: 'migrate baseline', target, exitCode: 0, ...result };
  const { dryRun, recorded, pending } = result;
  const where = ` in ${describeTarget(target)}`;
  if (recorded.length === 0)
    return { document, blocks: [text(good('Nothing to record'), `${where}: all of it is applied.`)] };
  const headline = dryRun
    ? text('Would record ', strong(String(recorded.length)), ` as applied${where}; nothing was changed:`)
    : text(good('Recorded '), strong(String(recorded.length)), ` as applied${where}, without running them:`);
  const rows = recorded.map(({ name, batch }) => [name, String(batch)]);
  return {
    document,
    blocks: [
      headline,
      { kind: 'table', head: ['migration', 'batch'], rows },
      text(`${pending.length} pending.`),
    ],
  };
}

/** Draws what `migrate repair` decided, or would. */
export function repairReport(target: Target, result: RepairResult): Report {
  const document = { version: 1 as const, command: 'migrate repair', target, exitCode: 0, ...result };
  const { dryRun, name, was, now, reason } = result;
  const verb = dryRun ? text('Would record ') : text(good('Recorded '));
  const sentence = `: it was ${was}, and counts as ${now}${dryRun ? '; nothing was changed' : ''}. Reason: ${reason}`;
  return { document, blocks: [{ ...verb, spans: [...verb.spans, strong(name), sentence] }] };
}

/** Draws what `migrate repair --accept-drift` accepted, or would. */
export function acceptedReport(target: Target, result: AcceptedDrift): Report {
  const document = { version: 1 as const, command: 'migrate repair', target, exitCode: 0, ...result };
  const { dryRun, drift, reason } = result;
  const verb = dryRun ? 'Would accept ' : good('Accepted ');
  const what = strong(drift.length === 1 ? '1 object' : `${drift.length} objects`);
  const rest = ` as ${drift.length === 1 ? 'it is' : 'they are'} now${dryRun ? '; nothing was changed' : ''}. Reason: ${reason}`;
  return { document, blocks: [text(verb, what, rest), ...objectLines(drift)] };
}

/** Draws what `migrate unlock` freed, or would. */
export function unlockReport(target: Target, result: UnlockResult): Report {
  const document = { version: 1 as const, command: 'migrate unlock', target, exitCode: 0, ...result };
  const where = ` in ${describeTarget(target)}`;
  if (!isLocked(result)) return { document, blocks: [text(good('Nothing is locked'), `${where}.`)] };
  if (result.dryRun)
    return { document, blocks: [text(`${describeUnlock(target, result)}\nNothing was changed.`)] };
  const { holders, knexLocked } = result;
  const did = [
    ...(holders.length > 0 ? [`ended ${holders.map(describeSession).join('; ')}`] : []),
    ...(knexLocked ? ["cleared knex's lock"] : []),
  ];
  return { document, blocks: [text(good('Unlocked'), `${where}: ${did.join(', ')}.`)] };
}

/** Who and what an unlock is about, for the question before it. */
export function describeUnlock(target: Target, { holders, knexLocked, suspects }: UnlockResult): string {
  return [
    `To be unlocked in ${describeTarget(target)}:`,
    ...holders.map((session) => `  ends ${describeSession(session)}, which holds a lock`),
    ...(knexLocked ? ["  clears knex's lock, is_locked = 1"] : []),
    ...suspects.map(
      (session) => `  leaves ${describeSession(session)} alone, which may be the knex CLI that set it`,
    ),
  ].join('\n');
}

/** Draws where the new file is, or what would be in it. */
export function newReport(result: NewResult): Report {
  const { dryRun, path, text: source } = result;
  const document = { version: 1 as const, command: 'migrate new', target: null, exitCode: 0, ...result };
  const language = path.endsWith('.sql') ? 'sql' : 'ts';
  if (!dryRun) return { document, blocks: [text(good('Wrote '), strong(path))] };
  return {
    document,
    blocks: [
      text('Would write ', strong(path), '; nothing was changed:'),
      { kind: 'code', language, text: source },
    ],
  };
}

function strong(words: string): Cell {
  return { text: words, tone: 'strong' };
}

function good(words: string): Cell {
  return { text: words, tone: 'good' };
}

function text(...spans: Cell[]): Block & { kind: 'text' } {
  return { kind: 'text', spans };
}
