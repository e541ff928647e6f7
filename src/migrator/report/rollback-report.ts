import { displayName } from '../../identifiers.js';
import type { Target } from '../../postgres/server.js';
import type { Block, Cell, Report } from '../../report/report.js';
import { describeTarget } from '../../report/target.js';
import type { Amount, Losses } from '../losses/losses.js';
import type { RollbackResult } from '../rollback.js';

/** Draws what `rollback` did, or would do. */
export function rollbackReport(target: Target, result: RollbackResult): Report {
  const document = { version: 1 as const, command: 'rollback', target, exitCode: 0, ...result };
  const { dryRun, planned, losses, rolledBack, applied } = result;
  const where = ` in ${describeTarget(target)}`;
  if (planned.length === 0) {
    return { document, blocks: [text(good('Nothing to roll back'), `${where}: ${applied.length} applied.`)] };
  }
  if (dryRun) {
    const rows = planned.map(({ name, batch }) => [name, String(batch)]);
    return {
      document,
      blocks: [
        text('Would roll back ', count(planned.length), `${where}; nothing was changed:`),
        { kind: 'table', head: ['migration', 'batch'], rows },
        ...lossLines(losses).map((line) => text(line)),
      ],
    };
  }
  const rows = rolledBack.map(({ name, batch, durationMs }) => [name, String(batch), `${durationMs} ms`]);
  return {
    document,
    blocks: [
      text(good('Rolled back '), count(rolledBack.length), `${where}; ${applied.length} stay applied:`),
      { kind: 'table', head: ['migration', 'batch', 'took'], rows },
    ],
  };
}

/** What is about to be undone, and what goes with it, for the question before it. */
export function describeRollback(target: Target, { planned, losses }: RollbackResult): string {
  return [
    `To be rolled back in ${describeTarget(target)}, newest first:`,
    ...planned.map(({ name, batch }) => `  ${name} (batch ${batch})`),
    ...lossLines(losses),
  ].join('\n');
}

function lossLines({ tables, columns, truncated, rows, notKnown }: Losses): string[] {
  const lost = [
    ...tables.map((each) => `  table ${displayName(each)}: ${amount(each.rows, 'row')}`),
    ...columns.map(
      ({ schema, table, name, values }) =>
        `  column ${displayName({ schema, name: table })}.${name}: ${amount(values, 'value')}`,
    ),
    ...truncated.map((each) => `  all rows of ${displayName(each)}: ${amount(each.rows, 'row')}`),
    ...rows.map((each) => `  in ${displayName(each)}: ${changes(each)}`),
  ];
  const unknown = notKnown.map(({ name, reason }) => `  ${name}: ${reason.split('\n')[0]}`);
  return [
    ...(lost.length > 0 ? ['Lost with it:', ...lost] : []),
    ...(unknown.length > 0
      ? ['What else is lost is not known; these could not be rehearsed:', ...unknown]
      : []),
    ...(lost.length + unknown.length === 0 ? ['No table, column or row is lost with it.'] : []),
  ];
}

function amount({ count: many, estimated }: Amount, unit: string): string {
  if (many === null) return `number of ${unit}s not known`;
  return estimated ? `about ${plural(many, unit)} (estimated)` : plural(many, unit);
}

function changes({ deleted, updated }: Losses['rows'][number]): string {
  return [
    ...(deleted > 0 ? [`${plural(deleted, 'row')} deleted`] : []),
    ...(updated > 0 ? [`${plural(updated, 'row')} changed`] : []),
  ].join(', ');
}

function plural(many: number, unit: string): string {
  return `${many.toLocaleString('en')} ${many === 1 ? unit : `${unit}s`}`;
}

function count(migrations: number): Cell {
  return { text: plural(migrations, 'migration'), tone: 'strong' };
}

function good(words: string): Cell {
  return { text: words, tone: 'good' };
}

function text(...spans: Cell[]): Block {
  return { kind: 'text', spans };
}
