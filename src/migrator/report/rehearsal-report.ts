import type { Target } from '../../postgres/server.js';
import type { Block, Cell } from '../../report/report.js';
import { describeTarget } from '../../report/target.js';
import type { TableLock } from '../execution/locks.js';
import type { RehearsedFile, RehearsedStatement } from '../execution/rehearse.js';
import type { MigrateResult } from '../migrate.js';

/** Draws what a dry run has executed: by file each statement, how long it took, and which tables it locked. */
export function rehearsalBlocks(target: Target, result: MigrateResult): Block[] {
  const { rehearsed, notExecuted } = result;
  const count = `${rehearsed.length} of ${result.planned.length}`;
  const headline: Cell[] = [
    { text: `Executed ${count} pending`, tone: 'strong' },
    ` in ${describeTarget(target)}, and rolled all of it back.`,
  ];
  return [
    { kind: 'text', spans: headline },
    ...rehearsed.flatMap(fileBlocks),
    ...(notExecuted.length > 0 ? notExecutedBlocks(notExecuted) : []),
  ];
}

function fileBlocks({ name, durationMs, statements }: RehearsedFile): Block[] {
  const heading: Block = { kind: 'heading', text: `${name}, ${durationMs} ms` };
  if (statements.length === 0) return [heading, { kind: 'text', spans: ['No statement was sent.'] }];
  return [
    heading,
    { kind: 'table', head: ['took', 'statement, and what it locked'], rows: statements.map(row) },
  ];
}

function row({ statement, durationMs, locks }: RehearsedStatement): Cell[] {
  return [`${durationMs} ms`, [abridge(statement), ...locks.map(describeLock)].join('\n')];
}

/** 'ACCESS EXCLUSIVE on orders (1.2 GB, about 4000000 rows)'. */
function describeLock({ relation, mode, bytes, rows }: TableLock): string {
  const facts = [
    ...(bytes === null ? [] : [formatBytes(bytes)]),
    rows === null ? 'never analysed' : `about ${rows} rows`,
  ];
  return `  ${mode} on ${relation} (${facts.join(', ')})`;
}

function notExecutedBlocks(files: MigrateResult['notExecuted']): Block[] {
  return [
    { kind: 'heading', text: 'Not executed' },
    { kind: 'table', head: ['migration', 'why'], rows: files.map(({ name, reason }) => [name, reason]) },
  ];
}

const LONGEST = 120;

/** A statement in a line or two. */
export function abridge(statement: string): string {
  const line = statement.replaceAll(/\s+/g, ' ');
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line;
}

/** In the units of pg_size_pretty. */
function formatBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const step = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(bytes, 1)) / 10));
  const amount = bytes / 1024 ** step;
  return `${amount < 10 && step > 0 ? amount.toFixed(1) : Math.round(amount)} ${units[step]}`;
}
