import type { Target } from '../../postgres/server.js';
import type { Block, Cell, Report } from '../../report/report.js';
import { describeTarget } from '../../report/target.js';
import type { MigrateResult } from '../migrate.js';
import { lintBlocks } from './lint-report.js';
import { rehearsalBlocks } from './rehearsal-report.js';

/** Draws what `migrate` did, or would do. */
export function migrateReport(target: Target, result: MigrateResult, exitCode: number): Report {
  const document = {
    ...{ version: 1 as const, command: 'migrate', target, exitCode },
    ...{ ...result, verification: null },
  };
  const { dryRun, before, planned, applied, rolledBack, pending } = result;
  const where = ` in ${describeTarget(target)}`;
  const names = planned.map(({ name }) => name);
  const beyond = pending.filter((name) => !names.includes(name)).length;
  if (planned.length === 0) {
    const rest = beyond > 0 ? `, ${beyond} beyond --to` : '';
    return { document, blocks: [text(good('Nothing to migrate'), `${where}: ${before} applied${rest}.`)] };
  }
  if (dryRun) return { document, blocks: [...rehearsalBlocks(target, result), ...lintBlocks(result.lint)] };
  const refused = result.lint.refused?.name;
  const done = [...applied.map(({ name }) => name), ...rolledBack, refused];
  const notApplied = names.filter((name) => !done.includes(name));
  return {
    document,
    blocks: [
      ...(applied.length > 0 ? appliedBlocks(where, applied) : []),
      ...(rolledBack.length > 0 ? rolledBackBlocks(where, rolledBack) : []),
      ...(notApplied.length > 0 ? [text(`Not applied: ${notApplied.join(', ')}.`)] : []),
      ...(beyond > 0 ? [text(`${beyond} beyond --to stay pending.`)] : []),
      ...lintBlocks(result.lint),
    ],
  };
}

function appliedBlocks(where: string, applied: MigrateResult['applied']): Block[] {
  const rows = applied.map(({ name, durationMs }) => [name, `${durationMs} ms`]);
  return [
    text(good('Applied '), count(applied.length), `${where}, batch ${applied[0]?.batch}:`),
    { kind: 'table', head: ['migration', 'took'], rows },
  ];
}

function rolledBackBlocks(where: string, files: readonly string[]): Block[] {
  const rows = files.map((name) => [name]);
  return [
    text({ text: 'Rolled back ', tone: 'bad' }, count(files.length), `${where}; nothing of them stays:`),
    { kind: 'table', head: ['migration'], rows },
  ];
}

function count(migrations: number): Cell {
  return { text: `${migrations} ${migrations === 1 ? 'migration' : 'migrations'}`, tone: 'strong' };
}

function good(words: string): Cell {
  return { text: words, tone: 'good' };
}

function text(...spans: Cell[]): Block {
  return { kind: 'text', spans };
}
