import { type ErrorKind, TenantctlError } from '../errors.js';
import type { Client } from '../postgres/connect.js';
import { kindOfSqlState, READ_ONLY, READ_ONLY_HINT, sqlErrorDetails, sqlState } from '../postgres/errors.js';
import type { Change } from './diff.js';

/** What would write the text of a statement, the verifier in it, into a log or a statistics view. */
const LOGGING: readonly [name: string, value: string][] = [
  ['log_statement', 'none'],
  ['log_min_error_statement', 'panic'],
  ['log_min_duration_statement', '-1'],
  ['log_min_duration_sample', '-1'],
  ['log_transaction_sample_rate', '0'],
  ['pg_stat_statements.track_utility', 'off'],
  ['pgaudit.log', 'none'],
];

/** Keeps this session's statements out of the logs, where the role may: only a superuser can. */
export async function keepOutOfLogs(client: Client): Promise<void> {
  await client.query(
    `select set_config(name, value, false) from unnest($1::text[], $2::text[]) as s(name, value)
      where current_setting('is_superuser') = 'on'`,
    [LOGGING.map(([name]) => name), LOGGING.map(([, value]) => value)],
  );
}

/**
 * Executes one change.
 *
 * @param sql the statement, with the secret that `change.sql` masks
 * @throws TenantctlError privilege, retry (another database's run changes the same role) or step-failed
 */
export async function applyChange(client: Client, change: Change, sql: string): Promise<void> {
  try {
    await client.query(sql);
  } catch (error) {
    const details = sqlErrorDetails(error, { statement: change.sql });
    if (!details) throw error;
    const { position: _, ...masked } = details;
    const kind = isRace(error) ? 'retry' : kindOfSqlState(details.sqlstate, 'step-failed');
    throw new TenantctlError({
      kind,
      code: kind === 'privilege' ? 'MISSING_PRIVILEGE' : 'APP_ROLE_FAILED',
      message: `Cannot change the app role: ${details.message}. Nothing was changed.`,
      hint: hintFor(kind, details.sqlstate, change),
      // Where in the statement says nothing about the masked one.
      sql: masked,
      cause: error,
    });
  }
}

function hintFor(kind: ErrorKind, sqlstate: string, { needs }: Change): string {
  if (sqlstate === READ_ONLY) return READ_ONLY_HINT;
  return kind === 'retry' ? 'run the same command again' : `run as a role that has ${needs}`;
}

/** The server accepted a change and did not make it: a GRANT by a role without the grant option. */
export function notApplied(change: Change): TenantctlError {
  return new TenantctlError({
    kind: 'privilege',
    code: 'MISSING_PRIVILEGE',
    message: `Cannot change the app role: the server ignored ${change.sql}. Nothing was changed.`,
    hint: `run as a role that has ${change.needs}`,
  });
}

/** Roles belong to the cluster, the lock to a database: the same role may be changed from another one at this moment. */
function isRace(error: unknown): boolean {
  const message = error instanceof Error ? error.message : '';
  return (
    ['23505', '42710'].includes(sqlState(error) ?? '') || /tuple concurrently (updated|deleted)/.test(message)
  );
}
