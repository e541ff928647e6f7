import type { RawStmt } from 'libpg-query';
import { TenantctlError } from '../errors.js';
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
  return (await parse(sql)).map((raw) => {
    // libpg_query counts bytes, and leaves out the length of a statement without a semicolon.
    const start = raw.stmt_location ?? 0;
    const end = raw.stmt_len ? start + raw.stmt_len : bytes.length;
    const statement = {
      text: bytes.toString('utf8', start, end).trimEnd(),
      line: sql.line + countLines(bytes.toString('utf8', 0, start)),
    };
    refuse(raw, statement, sql.path, transactional);
    return statement;
  });
}

/**
 * Sends statements one after another, by the simple protocol: a `?` or `$1` in them means what it says.
 *
 * @throws the first failing statement's error, noted with its text and line
 */
export async function runStatements(
  client: Client,
  statements: readonly Statement[],
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const statement of statements) {
    signal?.throwIfAborted();
    try {
      await client.query(statement.text);
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
    const line = sql.line + countLines([...sql.text].slice(0, position).join(''));
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

function refuse(raw: RawStmt, statement: Statement, path: string, transactional: boolean): void {
  const node = raw.stmt;
  if (!node) return;
  const cannot = (code: string, cause: string, hint: string) =>
    new TenantctlError({
      kind: 'usage',
      code,
      message: `Cannot run ${path}, line ${statement.line}: ${cause}.`,
      hint,
    });
  if ('CopyStmt' in node && node.CopyStmt.is_from && node.CopyStmt.filename === undefined) {
    throw cannot(
      'COPY_FROM_STDIN',
      'COPY … FROM STDIN takes its rows from the client, and the rows below it are not SQL',
      'INSERT … VALUES, or COPY … FROM a file that the server can read',
    );
  }
  if (transactional && 'TransactionStmt' in node && CONTROL.has(node.TransactionStmt.kind ?? '')) {
    throw cannot(
      'TRANSACTION_CONTROL',
      'the file runs in a transaction of its own, together with its record, and may not begin or end one',
      'leave BEGIN and COMMIT out',
    );
  }
}

function countLines(text: string): number {
  return text.split('\n').length - 1;
}
