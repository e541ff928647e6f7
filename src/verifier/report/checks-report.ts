import { TenantctlError } from '../../errors.js';
import { nearest } from '../../nearest.js';
import { line, wrapped } from '../../report/blocks.js';
import type { Block, Cell, Report, Tone } from '../../report/report.js';
import type { CheckInfo } from '../check.js';
import { EXAMPLE_FIXES } from '../checks/examples.js';
import { CHECKS } from '../checks/index.js';
import type { Severity } from '../finding.js';
import { PROBE_CHECKS } from '../probe/proof/crossings.js';

const TONES: Record<Severity, Tone> = { error: 'bad', warn: 'warn', info: 'muted' };

/** Whatever a finding can come from, the team's own checks aside. */
const ALL: readonly CheckInfo[] = [...CHECKS, ...PROBE_CHECKS];

/** Lists every check, by family. */
export function checksReport(): Report {
  const families = [...new Set(ALL.map((check) => check.family))].sort();
  const blocks = families.flatMap((family): Block[] => [
    { kind: 'heading', text: family },
    {
      kind: 'table',
      head: ['check', 'severity', 'finds'],
      rows: ALL.filter((check) => check.family === family).map(({ id, severity, title }): Cell[] => [
        id,
        { text: severity, tone: TONES[severity] },
        title,
      ]),
    },
  ]);
  blocks.push({ kind: 'text', spans: [{ text: '\n`tenantctl checks ID` explains one.', tone: 'muted' }] });
  return { document: documentOf(ALL), blocks };
}

/**
 * Explains one check: why it leaks, and what a fix looks like.
 *
 * @throws TenantctlError usage where there is no such check
 */
export function checkReport(id: string): Report {
  const check = ALL.find((candidate) => candidate.id === id);
  if (!check) throw unknownCheck(id);
  const { severity, family, title, explanation } = check;
  const example = EXAMPLE_FIXES[id];
  const blocks: Block[] = [
    wrapped(
      0,
      { text: id, tone: 'strong' },
      ' (',
      { text: severity, tone: TONES[severity] },
      `, ${family}): ${title}.`,
    ),
    line(''),
    wrapped(0, explanation),
    line(''),
    ...(example === undefined
      ? [{ kind: 'text' as const, spans: ['No fix by rote: a person has to decide.'] }]
      : [
          { kind: 'text' as const, spans: ['A fix looks like this:'] },
          { kind: 'code' as const, language: 'sql' as const, text: example },
        ]),
  ];
  return { document: documentOf([check]), blocks };
}

function documentOf(checks: readonly CheckInfo[]): Report['document'] {
  return {
    ...{ version: 1, command: 'checks', target: null, exitCode: 0 },
    checks: checks.map(({ id, family, severity, title, explanation }) => ({
      ...{ id, family, severity, title, explanation },
      ...(EXAMPLE_FIXES[id] !== undefined && { exampleFix: EXAMPLE_FIXES[id] }),
    })),
  };
}

function unknownCheck(id: string): TenantctlError {
  const close = nearest(
    id,
    ALL.map((check) => check.id),
  );
  return new TenantctlError({
    kind: 'usage',
    code: 'CHECK_UNKNOWN',
    message: `Cannot explain the check ${JSON.stringify(id)}: there is none of that name.`,
    hint:
      close.length > 0
        ? `did you mean ${close.join(', ')}?`
        : "`tenantctl checks` lists them; the team's own explain themselves in their files",
  });
}
