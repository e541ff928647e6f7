import { count, heading, line, wrapped } from '../../report/blocks.js';
import type { Block, Tone } from '../../report/report.js';
import { type Finding, isOpen, type Severity } from '../finding.js';
import type { WrittenFixes } from '../fix/file.js';
import type { VerifyResult } from '../verify-result.js';
import { displayObject } from './report-findings.js';

const SEVERITY_TONES: Record<Severity, Tone> = { error: 'bad', warn: 'warn', info: 'muted' };

/** By object, the one with the worst finding first; on each, what explains comes before what was tried. */
export function drawFindings(findings: readonly Finding[], withKeys: boolean): Block[] {
  const open = new Map<string, Finding[]>();
  for (const finding of findings) {
    if (isOpen(finding)) open.set(objectOf(finding), [...(open.get(objectOf(finding)) ?? []), finding]);
  }
  const waived = findings.filter((finding) => finding.waived);
  const isTried = ({ evidence }: Finding) => Number(evidence === 'probe');
  return [
    ...[...open].flatMap(([object, found]) => [
      heading(object),
      ...found
        .toSorted((a, b) => isTried(a) - isTried(b))
        .flatMap((finding) => [
          ...drawFinding(finding),
          ...(withKeys ? [wrapped(2, { text: `Key: ${finding.key}`, tone: 'muted' })] : []),
        ]),
    ]),
    ...(waived.length > 0 ? [heading('Waived')] : []),
    ...waived.map(({ key, waived: waiver }) =>
      line(key, `: ${waiver?.reason}${waiver?.until === undefined ? '' : ` (until ${waiver.until})`}`),
    ),
  ];
}

/** What can be done about what was found, other than what each finding says. */
export function drawNextSteps(findings: readonly Finding[], fixes: WrittenFixes | undefined): Block[] {
  const open = findings.filter((finding) => isOpen(finding) && finding.severity !== 'info');
  if (open.length === 0) return [];
  const writes = !fixes && open.some(({ fix }) => fix !== undefined);
  return [
    heading('What to do'),
    ...(writes
      ? [wrapped(0, '--fix FILE writes the fixes as a migration, in steps for which nobody waits.')]
      : []),
    wrapped(
      0,
      'What is to stay: a waiver with its key and the reason (tenancy.waivers; --verbose shows the keys), or --baseline FILE.',
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

export function drawFixes(fixes: WrittenFixes | undefined): Block[] {
  if (!fixes) return [];
  const { files, statements, byHand } = fixes;
  const rest = byHand.length === 0 ? '' : ` ${count(byHand.length, 'finding')} can only be mended by hand.`;
  if (files.length === 0)
    return [heading('Fixes'), line(`No finding has a fix, so nothing was written.${rest}`)];
  return [
    heading('Fixes'),
    line(`${count(statements, 'statement')} in ${files.join(' and ')}.${rest}`),
    wrapped(
      0,
      { text: 'Try: ', tone: 'strong' },
      'read them, then tenantctl migrate, as a role with BYPASSRLS: forced policies bind the owner, too',
    ),
  ];
}
