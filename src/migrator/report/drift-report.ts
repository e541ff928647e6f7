import type { Difference, Drift } from '../../catalog/fingerprint/drift.js';
import type { Block, Cell, Tone } from '../../report/report.js';
import type { StatusResult } from '../status.js';

/** More than that is for `--json`. */
const SHOWN = 40;
/** Characters of a line after the indentation. */
const ROOM = 68;
const INDENT = '           ';

/** Draws what became of the schema since tenantctl left it. */
export function driftBlocks({ fingerprint, drift }: Pick<StatusResult, 'fingerprint' | 'drift'>): Block[] {
  if (fingerprint.state !== 'comparable') {
    return [text({ text: 'Drift: ', tone: 'warn' }, `not known: ${whyUnknown(fingerprint)}`)];
  }
  const left = (what: string) => `as ${fingerprint.command} left ${what} on ${instant(fingerprint.takenAt)}`;
  if (drift.length === 0) return [text(`No drift: the schema is ${left('it')}.`)];
  const objects = drift.length === 1 ? '1 object is' : `${drift.length} objects are`;
  const them = left(drift.length === 1 ? 'it' : 'them');
  return [
    text({ text: 'Drift: ', tone: 'warn' }, `${objects} not ${them}:`),
    ...objectLines(drift),
    text('Restore what is wrong; what is right: `tenantctl migrate repair --accept-drift --reason "…"`.'),
  ];
}

/** The objects and how they differ, a line or more each. */
export function objectLines(drift: readonly Drift[]): Block[] {
  const more = drift.length - SHOWN;
  return [
    ...drift.slice(0, SHOWN).flatMap(describe),
    ...(more > 0 ? [text(`${INDENT}and ${more} more: --json has all of them`)] : []),
  ];
}

function whyUnknown({ state, run, serverMajor }: StatusResult['fingerprint']): string {
  const again = 'the next `tenantctl migrate` takes a new one.';
  switch (state) {
    case 'absent':
      return 'there is no fingerprint of the schema yet; the next `tenantctl migrate` takes one.';
    case 'running':
      return `${run?.command} is at work, since ${instant(run?.since)}.`;
    case 'interrupted':
      return `${run?.command} of ${instant(run?.since)} was interrupted before it could take the fingerprint; ${again}`;
    case 'locked':
      return 'somebody keeps a table locked just now; ask again.';
    case 'denied':
      return 'this role may not read it: GRANT SELECT ON tenantctl.schema_fingerprint, tenantctl.schema_object, tenantctl.schema_run.';
    default:
      return `the fingerprint is of PostgreSQL ${serverMajor} or of another tenantctl, which write a schema down in other words; ${again}`;
  }
}

const TONES: Record<Drift['change'], Tone> = { created: 'good', changed: 'warn', dropped: 'bad' };

function describe({ change, kind, name, differences }: Drift): Block[] {
  return [
    text('  ', { text: change.padEnd(9), tone: TONES[change] }, `${kind} ${name}`),
    ...differences.flatMap(linesOf).map((line) => text(`${INDENT}${line}`)),
  ];
}

/** 'type: integer → bigint'; a list by what came and went; what is long in two lines, around the place where it differs. */
function linesOf({ property, before, now }: Difference): string[] {
  if (Array.isArray(before) || Array.isArray(now)) return listLines(property, listOf(before), listOf(now));
  const [old, current] = [words(before, now), words(now, before)];
  const line = `${property}: ${old} → ${current}`;
  if (line.length <= ROOM) return [line];
  const from = Math.max(0, commonStart(old, current) - 20);
  return [`${property}:`, `- ${excerpt(old, from)}`, `+ ${excerpt(current, from)}`];
}

function listLines(property: string, before: string[], now: string[]): string[] {
  const gone = before.filter((each) => !now.includes(each));
  const come = now.filter((each) => !before.includes(each));
  if (gone.length + come.length === 0) return [`${property}: in another order: ${now.join(', ')}`];
  return [...gone.map((each) => `${property}: - ${each}`), ...come.map((each) => `${property}: + ${each}`)];
}

function listOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function words(value: unknown, other: unknown): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (value !== null) return String(value).trim().replaceAll(/\s+/g, ' ');
  return typeof other === 'boolean' ? words(!other, other) : 'none';
}

function commonStart(one: string, other: string): number {
  let at = 0;
  while (at < one.length && one[at] === other[at]) at += 1;
  return at;
}

function excerpt(value: string, from: number): string {
  const start = from > 0 ? '…' : '';
  const part = value.slice(from, from + ROOM - 4);
  return `${start}${part}${from + part.length < value.length ? '…' : ''}`;
}

/** UTC, to the second. */
function instant(time: Date | null | undefined): string {
  return time ? `${time.toISOString().slice(0, 19).replace('T', ' ')}Z` : 'an unknown time';
}

function text(...spans: Cell[]): Block {
  return { kind: 'text', spans };
}
