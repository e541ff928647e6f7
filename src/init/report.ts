import type { Target } from '../postgres/server.js';
import type { Block, Report } from '../report/report.js';
import { describeTarget } from '../report/target.js';
import type { Proposal } from './propose.js';

export interface InitResult {
  /** Absolute path of the file. */
  path: string;
  written: boolean;
  dryRun: boolean;
  source: string;
  /** null where there was no database to look at, or nothing in it that looks like tenants. */
  proposal: Proposal | null;
}

/** Draws what `init` saw and wrote. */
export function initReport(target: Target | null, result: InitResult): Report {
  const { dryRun, path, source } = result;
  return {
    document: { version: 1, command: 'init', target, exitCode: 0, ...result },
    blocks: dryRun
      ? [{ kind: 'code', language: 'ts', text: source.trimEnd() }]
      : [
          {
            kind: 'text',
            spans: [{ text: 'Wrote ', tone: 'good' }, `${path}${whence(target, result.proposal)}`],
          },
          ...(result.proposal ? [proposalTable(result.proposal)] : []),
        ],
  };
}

function whence(target: Target | null, proposal: Proposal | null): string {
  if (target === null) return '; no database is configured, so what it says of tenants is left to fill in.';
  const seen = proposal ? '' : ', where no table looks like the tenants';
  return `, from what was seen in ${describeTarget(target)}${seen}. Check each line.`;
}

function proposalTable({ root, column, setting, claim, appRole, appGroup }: Proposal): Block {
  return {
    kind: 'table',
    head: ['', 'proposed', 'because'],
    rows: [
      ['root', `${root.value.schema}.${root.value.name}`, root.because],
      ['column', column.value, column.because],
      ['context', claim === undefined ? setting.value : `${setting.value} ->> ${claim}`, setting.because],
      ['appRole', appRole.value, appRole.because],
      ...(appGroup ? [['appGroup', appGroup.value, appGroup.because]] : []),
    ],
  };
}
