import { TenantctlError } from '../errors.js';
import { kindOfSqlState, READ_ONLY_HINT, sqlErrorDetails } from '../postgres/errors.js';

/**
 * Explains why a table could not be filled; errors that say so themselves, and what follows a signal, pass unchanged.
 *
 * @param partial what had been done before, for the JSON document; undefined before anything was begun
 */
export function backfillFailure(
  error: unknown,
  table: string,
  partial: unknown,
  signal: AbortSignal | undefined,
): unknown {
  if (error instanceof TenantctlError && error.partial === undefined && partial !== undefined) {
    const { kind, code, message, hint, sql, cause } = error;
    return new TenantctlError({
      ...{ kind, code, message, partial, cause },
      ...(hint !== undefined && { hint }),
      ...(sql && { sql }),
    });
  }
  const sql = sqlErrorDetails(error);
  if (!sql || signal?.aborted) return error;
  const kind = kindOfSqlState(sql.sqlstate, 'step-failed');
  // The statement is ours, not the user's: a position in it says nothing to them.
  const { position: _, statement: __, ...facts } = sql;
  return new TenantctlError({
    kind,
    code: kind === 'privilege' ? 'MISSING_PRIVILEGE' : 'BACKFILL_FAILED',
    message: `Cannot backfill ${table}: ${sql.message}.${partial === undefined ? '' : STAYS}`,
    hint:
      HINTS[kind] ??
      `mend ${ofRows(sql.sqlstate) ? 'the rows it names' : 'that'}, then run the same command again: it goes on from there`,
    sql: facts,
    ...(partial !== undefined && { partial }),
    cause: error,
  });
}

/** Data exceptions and violated constraints; else it is the table itself, its rules, keys or publications. */
const ofRows = (sqlstate: string) => /^2[23]/.test(sqlstate);

const STAYS = ' This batch was rolled back; the ones before it stay.';

const HINTS: Partial<Record<TenantctlError['kind'], string>> = {
  usage: READ_ONLY_HINT,
  privilege:
    'run as the owner of the tables; under FORCE ROW LEVEL SECURITY also as a superuser or a role with BYPASSRLS, since policies would hide the rows to be filled',
  retry: 'run the same command again: it goes on from there',
  unreachable: 'run the same command again: it goes on from there',
};
