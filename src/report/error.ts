import type { ErrorDetails, TenantctlError } from '../errors.js';
import type { Target } from '../postgres/server.js';
import type { Block, Report } from './report.js';

/** The report of a command that failed: what could not be done, because of what, and what to try. */
export function errorReport(
  command: string,
  target: Target | null,
  exitCode: number,
  error: TenantctlError,
): Report {
  const partial = typeof error.partial === 'object' && error.partial !== null ? error.partial : {};
  return {
    document: {
      version: 1,
      command,
      target,
      exitCode,
      ...partial,
      error: {
        code: error.code,
        message: error.message,
        ...(error.hint !== undefined && { hint: error.hint }),
        ...(error.sql !== undefined && { sql: error.sql }),
      },
    },
    blocks: [
      { kind: 'text', spans: [{ text: 'Error: ', tone: 'bad' }, error.message] },
      ...sqlBlocks(error.sql),
      ...(error.hint === undefined ? [] : hintBlocks(error.hint)),
    ],
  };
}

function hintBlocks(hint: string): Block[] {
  return [{ kind: 'text', spans: [{ text: 'Try: ', tone: 'strong' }, hint] }];
}

/** File, statement with a caret under the position, SQLSTATE, detail and hint. */
function sqlBlocks(sql: ErrorDetails['sql']): Block[] {
  if (!sql) return [];
  const lines = [
    `SQLSTATE ${sql.sqlstate}: ${sql.message}`,
    ...(sql.detail === undefined ? [] : [`Detail: ${sql.detail}`]),
    ...(sql.hint === undefined ? [] : [`Hint: ${sql.hint}`]),
    ...(sql.file === undefined ? [] : [`File: ${sql.file}`]),
  ];
  const blocks: Block[] = lines.map((text) => ({ kind: 'text', spans: ['  ', text] }));
  if (sql.statement === undefined) return blocks;
  return [...blocks, { kind: 'code', language: 'sql', text: excerpt(sql.statement, sql.position) }];
}

const CONTEXT_LINES = 2;
/** More of a line than this nobody reads: an INSERT of thousands of rows may be one. */
const WIDEST = 200;

/** The lines around the error position, with a caret; the first lines where the server gave no position. */
export function excerpt(statement: string, position: number | undefined): string {
  const lines = statement.split('\n');
  const shown = (from: number, to: number) => lines.slice(from, to).map((each) => cut(each, 0));
  if (position === undefined) return shown(0, CONTEXT_LINES * 2 + 1).join('\n');
  const before = statement.slice(0, position - 1);
  const line = before.split('\n').length - 1;
  const column = position - 1 - (before.lastIndexOf('\n') + 1);
  const from = column < WIDEST ? 0 : column - WIDEST / 2;
  return [
    ...shown(Math.max(0, line - CONTEXT_LINES), line),
    cut(lines[line] ?? '', from),
    `${' '.repeat(from === 0 ? column : column - from + 1)}^`,
    ...shown(line + 1, line + 1 + CONTEXT_LINES),
  ].join('\n');
}

function cut(line: string, from: number): string {
  const to = from + WIDEST;
  return `${from > 0 ? '…' : ''}${line.slice(from, to)}${to < line.length ? '…' : ''}`;
}
