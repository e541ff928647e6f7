import type { Target } from '../postgres/server.js';
import type { Block, Cell, Report } from '../report/report.js';
import { describeTarget } from '../report/target.js';
import type { TableChange } from './activity.js';
import type { SeedResult } from './seed.js';

/** Draws what `seed` did, or would do. */
export function seedReport(target: Target, result: SeedResult): Report {
  const document = { version: 1 as const, command: 'seed', target, exitCode: 0, ...result };
  return { document, blocks: draw(result, ` in ${describeTarget(target)}`) };
}

function draw({ dryRun, planned, ran, skipped }: SeedResult, where: string): Block[] {
  const rest = skipped.length > 0 ? `; ${skipped.length} unchanged` : '';
  if (dryRun && planned.length > 0) {
    return [
      line('Would run ', count(planned.length), `${where}${rest}; nothing was changed:`),
      { kind: 'table', head: ['seed', 'why'], rows: planned.map(({ name, reason }) => [name, reason]) },
    ];
  }
  if (ran.length === 0) return [line({ text: 'Nothing to seed', tone: 'good' }, `${where}${rest}.`)];
  const rows = ran.map(({ name, reason, durationMs, tables }) => [
    name,
    reason,
    tables.map(describeChange).join('\n') || 'no row changed',
    `${durationMs} ms`,
  ]);
  return [
    line({ text: 'Ran ', tone: 'good' }, count(ran.length), `${where}${rest}:`),
    { kind: 'table', head: ['seed', 'why', 'rows', 'took'], rows },
  ];
}

/** 'users +21 ~3 −1'. */
function describeChange({ table, inserted, updated, deleted }: TableChange): string {
  const parts = [
    ...(inserted > 0 ? [`+${inserted}`] : []),
    ...(updated > 0 ? [`~${updated}`] : []),
    ...(deleted > 0 ? [`-${deleted}`] : []),
  ];
  return `${table} ${parts.join(' ')}`;
}

function count(seeds: number): Cell {
  return { text: `${seeds} ${seeds === 1 ? 'seed' : 'seeds'}`, tone: 'strong' };
}

function line(...spans: Cell[]): Block {
  return { kind: 'text', spans };
}
