import type { RawStmt } from 'libpg-query';
import { TenantctlError } from '../errors.js';
import type { Around } from './around.js';
import type { Client } from './connect.js';
import { noteFailedStatement } from './failed-statement.js';

/** SQL out of a file. */
export interface SqlText {
  path: string;
  text: string;
  /** 1-based line of the file that `text` begins on. */
  line: number;
}

export interface Statement {
  text: string;
  /** 1-based line of the file. */
  line: number;
}

/**
 * Splits SQL into its statements by PostgreSQL's own grammar: dollar quotes, BEGIN ATOMIC bodies and comments hold
 * semicolons too. They are sent one at a time, since several in one call are one implicit transaction.
 *
 * @param transactional whether a transaction is open around them, which they then may not end
 * @throws TenantctlError usage: a syntax error, COPY … FROM STDIN, transaction control where it may not be
 */
export async function parseStatements(sql: SqlText, transactional: boolean): Promise<Statement[]> {
  const bytes = Buffer.from(sql.text);
  let { line } = sql;
  let counted = 0;
  return (await parse(sql)).map((raw) => {
    // libpg_query counts bytes, and leaves out the length of a statement without a semicolon.
    const start = raw.stmt_location ?? 0;
    const end = raw.stmt_len ? start + raw.stmt_len : bytes.length;
    // On from the statement before: a dump has thousands, and to count from the top for each takes minutes.
    line += countLines(bytes.toString('utf8', counted, start));
    counted = start;
    const statement = { text: bytes.toString('utf8', start, end).trimEnd(), line };
    refuseCopy(raw, statement, sql.path);
    if (transactional) refuseControl(raw, statement, sql.path);
    return statement;
  });
}

/**
 * Sends statements one after another, by the simple protocol: a `?` or `$1` in them means what it says.
 *
 * @param around stands around each of them
 * @throws the first failing statement's error, noted with its text and line
 */
export async function runStatements(
  client: Client,
  statements: readonly Statement[],
  signal: AbortSignal | undefined,
  around: Around = (_, send) => send(),
): Promise<void> {
  for (const statement of statements) {
    signal?.throwIfAborted();
    try {
      await around({ text: statement.text, values: [] }, () => client.query(statement.text));
    } catch (error) {
      noteFailedStatement(error, statement);
      throw error;
    }
  }
}

async function parse(sql: SqlText): Promise<RawStmt[]> {
  if (sql.text.trim() === '') return [];
  const { parse, hasSqlDetails } = await import('libpg-query');
  try {
    return (await parse(sql.text)).stmts ?? [];
  } catch (error) {
    if (!(error instanceof Error && hasSqlDetails(error))) throw error;
    const position = error.sqlDetails?.cursorPosition ?? 0;
    const before = [...sql.text].slice(0, position).join('');
    await refuseCopyBefore({ ...sql, text: before });
    const line = sql.line + countLines(before);
    throw new TenantctlError({
      kind: 'usage',
      code: 'SQL_SYNTAX',
      message: `Cannot read ${sql.path}, line ${line}: ${error.message}.`,
      sql: {
        sqlstate: '42601',
        message: error.message,
        file: `${sql.path}:${line}`,
        statement: sql.text,
        position: position + 1,
      },
      cause: error,
    });
  }
}

const CONTROL = new Set([
  'TRANS_STMT_BEGIN',
  'TRANS_STMT_START',
  'TRANS_STMT_COMMIT',
  'TRANS_STMT_ROLLBACK',
  'TRANS_STMT_PREPARE',
  'TRANS_STMT_COMMIT_PREPARED',
  'TRANS_STMT_ROLLBACK_PREPARED',
]);

function refuseControl({ stmt: node }: RawStmt, statement: Statement, path: string): void {
  if (!node || !('TransactionStmt' in node) || !CONTROL.has(node.TransactionStmt.kind ?? '')) return;
  throw cannotRun(
    'TRANSACTION_CONTROL',
    `${path}, line ${statement.line}: the file runs in a transaction of its own, together with its record, and may not begin or end one`,
    'leave BEGIN and COMMIT out',
  );
}

function refuseCopy({ stmt: node }: RawStmt, statement: Statement, path: string): void {
  if (!node || !('CopyStmt' in node) || !node.CopyStmt.is_from || node.CopyStmt.filename !== undefined)
    return;
  throw cannotRun(
    'COPY_FROM_STDIN',
    `${path}, line ${statement.line}: COPY … FROM STDIN takes its rows from the client, and the rows below it are not SQL`,
    'INSERT … VALUES, or COPY … FROM a file that the server can read',
  );
}

/** The rows below a COPY … FROM STDIN are a syntax error, and COPY the reason for it. */
async function refuseCopyBefore(sql: SqlText): Promise<void> {
  const text = sql.text.slice(0, sql.text.lastIndexOf(';') + 1);
  if (text === '') return;
  await parseStatements({ ...sql, text }, false).catch((error: unknown) => {
    if (error instanceof TenantctlError && error.code === 'COPY_FROM_STDIN') throw error;
  });
}

function cannotRun(code: string, cause: string, hint: string): TenantctlError {
  return new TenantctlError({ kind: 'usage', code, message: `Cannot run ${cause}.`, hint });
}

function countLines(text: string): number {
  return text.split('\n').length - 1;
}
