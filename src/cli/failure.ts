import { TenantctlError } from '../errors.js';
import type { Called } from './usage.js';

/**
 * Names what was thrown: our own errors as they are, oclif's complaints about flags as usage errors, SQL errors by their
 * SQLSTATE, anything else as a bug.
 *
 * @param signal the signal that arrived before, if any: then the statement's cancellation is its consequence
 */
export async function failureOf(
  error: unknown,
  signal: NodeJS.Signals | undefined,
  called: Called,
): Promise<TenantctlError> {
  // An engine that was stopped has said what it had done by then.
  if (error instanceof TenantctlError && error.kind === 'interrupted') return error;
  const { interrupted } = await import('../postgres/connect.js');
  if (signal !== undefined && isCancellation(error)) return interrupted(error);
  if (error instanceof TenantctlError) return error;
  if (isOclifUsage(error)) return (await import('./usage.js')).usageError(error, called);
  const { sqlErrorDetails, kindOfSqlState, isConnectionLost, READ_ONLY, READ_ONLY_HINT } = await import(
    '../postgres/errors.js'
  );
  const sql = sqlErrorDetails(error);
  if (sql || isConnectionLost(error)) {
    const kind = sql ? kindOfSqlState(sql.sqlstate, 'bug') : 'unreachable';
    const hint = sql && (sql.sqlstate === READ_ONLY ? READ_ONLY_HINT : HINTS[sql.sqlstate]);
    return new TenantctlError({
      kind,
      code: sql ? `SQL_${sql.sqlstate}` : 'CONNECTION_LOST',
      message: `Cannot go on: ${messageOf(error)}.`,
      ...(hint !== undefined && { hint }),
      ...(sql && { sql }),
      cause: error,
    });
  }
  return new TenantctlError({
    kind: 'bug',
    code: 'BUG',
    message: `Cannot go on: this is a bug in tenantctl: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    hint: 'please report it with the text above',
    cause: error,
  });
}

/** By SQLSTATE: what is to be done about the commonest of what stands in the way of tenantctl's own statements. */
const HINTS: Readonly<Record<string, string>> = {
  '42501': 'as the role that owns it: GRANT this one what it lacks; or run as that role',
  '55P03': 'once more, when the session that has the lock is done',
  '57014': 'a longer statement_timeout for this role, where that was it: SHOW statement_timeout',
};

function isCancellation(error: unknown): boolean {
  const { name, code, cause, sql } = error as {
    name?: string;
    code?: string;
    cause?: unknown;
    sql?: { sqlstate: string };
  };
  if (name === 'AbortError' || code === 'ABORT_ERR' || code === '57014' || code === 'INTERRUPTED')
    return true;
  return sql?.sqlstate === '57014' || (typeof cause === 'object' && cause !== null && isCancellation(cause));
}

/** oclif marks its own errors; its parser's carry the whole parse context, which must not be printed. */
function isOclifUsage(error: unknown): error is Error {
  return error instanceof Error && 'oclif' in error;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
