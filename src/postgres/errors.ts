import { type ErrorKind, type SqlErrorDetails, TenantctlError } from '../errors.js';
import { failedStatement } from './failed-statement.js';
import type { ConnectionSettings } from './settings.js';

/** The fields of a node-postgres DatabaseError and of a Node system error that are looked at. */
interface RawError {
  message: string;
  code?: string;
  detail?: string;
  hint?: string;
  position?: string;
}

/** Whether an error came from the server as an SQL error, with its SQLSTATE. */
export function sqlState(error: unknown): string | undefined {
  const code = raw(error).code;
  // Every SQLSTATE has a digit, and EPIPE none.
  return code !== undefined && /^(?=.*[0-9])[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** The parts of a SQL error worth showing; undefined where the error is not one. */
export function sqlErrorDetails(
  error: unknown,
  source: { file?: string; statement?: string } = {},
): SqlErrorDetails | undefined {
  const sqlstate = sqlState(error);
  if (sqlstate === undefined) return undefined;
  const { message, detail, hint, position } = raw(error);
  const statement = failedStatement(error)?.text;
  return {
    sqlstate,
    message,
    ...(detail !== undefined && { detail }),
    ...(hint !== undefined && { hint }),
    ...(position !== undefined && { position: Number(position) }),
    ...(statement !== undefined && { statement }),
    ...source,
  };
}

/** read_only_sql_transaction: a standby, or default_transaction_read_only. */
export const READ_ONLY = '25006';
export const READ_ONLY_HINT =
  'name the primary server; or, where this is one, take back default_transaction_read_only from the role or the database';

/** What kind of trouble an SQLSTATE is, for the exit code; `otherwise` where it says nothing about retrying. */
export function kindOfSqlState(sqlstate: string | undefined, otherwise: ErrorKind): ErrorKind {
  if (sqlstate === undefined) return otherwise;
  // 55P03 lock_not_available, 57014 query_canceled (statement_timeout), 40xxx deadlock and serialization, 53300.
  if (
    sqlstate === '55P03' ||
    sqlstate === '57014' ||
    endsSession(sqlstate) ||
    sqlstate.startsWith('40') ||
    sqlstate.startsWith('53')
  ) {
    return 'retry';
  }
  if (sqlstate.startsWith('08') || sqlstate.startsWith('57P')) return 'unreachable';
  if (sqlstate === '42501') return 'privilege';
  if (sqlstate === READ_ONLY) return 'usage';
  return otherwise;
}

/** idle_in_transaction_session_timeout and transaction_timeout (PostgreSQL 17+) end not only the transaction. */
export function endsSession(sqlstate: string): boolean {
  return sqlstate === '25P03' || sqlstate === '25P04';
}

/** Whether the connection itself is gone, so that nothing more can be said over it. */
export function isConnectionLost(error: unknown): boolean {
  const { code, message } = raw(error);
  return (
    (code !== undefined &&
      (/^(ECONNRESET|EPIPE|ETIMEDOUT)$/.test(code) || /^(08|57P)/.test(code) || endsSession(code))) ||
    /^(Connection terminated|Client has encountered a connection error|Client was closed)/.test(message)
  );
}

/**
 * Explains why a connection could not be made. The password and the URL are never repeated.
 *
 * @returns a TenantctlError: unreachable (69), retry (75), privilege (77) or usage (2)
 */
export function connectError(error: unknown, to: ConnectionSettings, source: string): TenantctlError {
  const { kind, code, cause, hint } = explain(raw(error), to);
  const place = to.host.startsWith('/') ? to.host : `${to.host}:${to.port}`;
  return new TenantctlError({
    kind,
    code,
    message: `Cannot connect to database "${to.database}" at ${place} as "${to.user}" (from ${source}): ${cause}.`,
    ...(hint !== undefined && { hint }),
    cause: error,
  });
}

interface Explanation {
  kind: ErrorKind;
  code: string;
  cause: string;
  hint?: string;
}

function explain(error: RawError, to: ConnectionSettings): Explanation {
  const { code, message } = error;
  switch (code) {
    case 'ECONNREFUSED':
      return unreachable(
        'nothing listens there',
        `check host and port: pg_isready -h ${to.host} -p ${to.port}`,
      );
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return unreachable('the host name cannot be resolved', 'check the spelling of the host, and the DNS');
    case 'ENOENT':
      return unreachable('there is no such socket', 'check the socket directory and the port');
    case '28P01':
      return usage('WRONG_PASSWORD', 'wrong password', 'check the password, or the role with \\du');
    case '28000':
      return usage('LOGIN_REFUSED', message, 'check pg_hba.conf, the sslmode, and that the role may log in');
    case '3D000':
      return usage('NO_SUCH_DATABASE', 'no such database', `createdb ${to.database}`);
    case '42501':
      return {
        kind: 'privilege',
        code: 'MAY_NOT_CONNECT',
        cause: message,
        hint: 'GRANT CONNECT ON DATABASE … TO …',
      };
    case '53300':
      return { kind: 'retry', code: 'TOO_MANY_CONNECTIONS', cause: message };
  }
  if (/client password must be a string|no password supplied/i.test(message)) {
    return usage(
      'PASSWORD_MISSING',
      'the server asks for a password and none is given',
      'PGPASSWORD, PGPASSFILE, or a password in the URL',
    );
  }
  if (/does not support SSL/.test(message)) {
    return usage(
      'TLS_REFUSED',
      `sslmode=${to.ssl.mode}, and the server does not offer TLS`,
      'sslmode=prefer accepts plain text; better, enable ssl on the server',
    );
  }
  if (
    /certificate|self.signed|altnames|unable to verify|wrong version number|ssl|tls/i.test(
      `${code} ${message}`,
    )
  ) {
    return usage(
      'TLS_FAILED',
      `TLS failed: ${message}`,
      'sslrootcert names the authority; sslmode=verify-ca ignores the host name',
    );
  }
  if (/timeout/i.test(message) || code === 'ETIMEDOUT') {
    return unreachable(
      `no answer within ${to.connectTimeoutMs / 1000} s`,
      'check the network path, or raise connect_timeout in the URL',
    );
  }
  if (code?.startsWith('22') || code?.startsWith('42'))
    return usage('CONNECT_OPTIONS', message, 'check `options`');
  return unreachable(message || String(code));
}

function unreachable(cause: string, hint?: string): Explanation {
  return { kind: 'unreachable', code: 'UNREACHABLE', cause, ...(hint !== undefined && { hint }) };
}

function usage(code: string, cause: string, hint: string): Explanation {
  return { kind: 'usage', code, cause, hint };
}

function raw(error: unknown): RawError {
  if (typeof error !== 'object' || error === null) return { message: String(error) };
  // Node tries IPv6 and IPv4 in turn and wraps both refusals.
  if (error instanceof AggregateError && error.errors.length > 0) return raw(error.errors[0]);
  return error as RawError;
}
