import type { Block } from '../../report/report.js';
import { isFatal, type LintFinding } from '../lint/finding.js';
import type { LintResult } from '../lint/lint.js';
import { abridge } from './rehearsal-report.js';

/** Draws what the lint has found: what breaks, and how it is done instead. */
export function lintBlocks({ findings, refused }: LintResult): Block[] {
  const open = findings.filter(({ waived }) => waived === null);
  const waived = findings.filter((finding) => finding.waived !== null);
  return [
    ...(refused ? refusalBlocks(refused, open) : []),
    ...open.flatMap(findingBlocks),
    ...(waived.length > 0 ? waivedBlocks(waived) : []),
  ];
}

function refusalBlocks(refused: NonNullable<LintResult['refused']>, open: readonly LintFinding[]): Block[] {
  const rules = [...new Set(open.filter(isFatal).map(({ rule }) => rule))];
  return [
    {
      kind: 'text',
      spans: [
        { text: 'Refused ', tone: 'bad' },
        { text: refused.name, tone: 'strong' },
        `. ${LEFT[refused.left]}`,
      ],
    },
    {
      kind: 'text',
      spans: [
        { text: 'Try: ', tone: 'strong' },
        `what is said below; or, where it does no harm here, a comment\ntenantctl:allow ${rules[0] ?? 'RULE'}: why; or --lint warn`,
      ],
    },
  ];
}

const LEFT: Record<NonNullable<LintResult['refused']>['left'], string> = {
  nothing: 'Nothing of it stays.',
  part: 'What it had done outside a transaction stays;\ntenantctl status names the statement that is next.',
  everything: 'It was done outside a transaction, and stays applied; nothing after it was begun.',
};

function findingBlocks({
  rule,
  severity,
  file,
  line,
  statement,
  object,
  detail,
  recipe,
}: LintFinding): Block[] {
  const place = line === null ? file : `${file}:${line}`;
  const what = statement ?? object;
  return [
    { kind: 'heading', text: `${severity}: ${rule}, ${place}` },
    { kind: 'table', head: [what === null ? 'waiver' : abridge(what)], rows: [[detail]] },
    { kind: 'code', language: 'sql', text: recipe },
  ];
}

function waivedBlocks(waived: readonly LintFinding[]): Block[] {
  const rows = waived.map(({ rule, file, line, waived: reason }) => [
    rule,
    line === null ? file : `${file}:${line}`,
    reason ?? '',
  ]);
  return [
    { kind: 'heading', text: 'Waived' },
    { kind: 'table', head: ['rule', 'file', 'reason'], rows },
  ];
}
