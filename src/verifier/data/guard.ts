import type { Client } from '../../postgres/connect.js';
import { isConnectionLost, sqlState } from '../../postgres/errors.js';
import { openPipeline, type Send } from '../../postgres/pipeline.js';

export interface GuardOptions {
  /** For each statement. */
  timeoutMs: number;
  /** Quoted schemas that unqualified names are looked up in. */
  searchPath: string;
  signal?: AbortSignal | undefined;
}

/** The auditor's settings: an error instead of silently filtered rows, no writes, and no endless waiting. */
export async function withAuditSettings<T>(
  client: Client,
  options: GuardOptions,
  work: (send: Send) => Promise<T>,
): Promise<T> {
  const { send, close } = openPipeline(client);
  const settings = {
    row_security: 'off',
    search_path: options.searchPath,
    transaction_read_only: 'on',
    // To compile a batch of questions to machine code takes longer than to answer it.
    jit: 'off',
  };
  try {
    const [result] = await Promise.all([
      // Behind the settings, which need not be waited for.
      send(() => client.query('savepoint tenantctl_audit')).then(() => work(send)),
      ...Object.entries(settings).map((setting) =>
        send(() => client.query('select pg_catalog.set_config($1, $2, true)', setting)),
      ),
    ]);
    return result;
  } finally {
    await close();
    // Within the caller's transaction: what was set here ends with the savepoint.
    await client.query('rollback to savepoint tenantctl_audit').catch(() => {});
  }
}

/**
 * Runs one question in a savepoint of its own and within its time, so that the next one can still be asked.
 *
 * @returns what it answered, or in words why it did not
 * @throws what `ask` throws where the connection is gone, or the command was stopped
 */
export async function attempt<T>(
  client: Client,
  options: GuardOptions,
  ask: () => Promise<T>,
): Promise<{ answer: T } | { why: string }> {
  options.signal?.throwIfAborted();
  await client.query('savepoint tenantctl_question');
  await client.query(`set local statement_timeout = ${Math.ceil(options.timeoutMs)}`);
  try {
    const answer = await ask();
    await client.query('release savepoint tenantctl_question');
    return { answer };
  } catch (error) {
    passOnUnlessSql(error, options.signal);
    await client.query('rollback to savepoint tenantctl_question');
    return { why: reason(error, options.timeoutMs) };
  }
}

/** @throws the error, where it is no answer of the server's: the connection is gone, or the command was stopped */
export function passOnUnlessSql(error: unknown, signal: AbortSignal | undefined): undefined {
  if (sqlState(error) === undefined || isConnectionLost(error) || signal?.aborted) throw error;
}

function reason(error: unknown, timeoutMs: number): string {
  const state = sqlState(error);
  if (state === '57014') return `not finished within ${timeoutMs / 1000} s`;
  const { message, routine } = error as { message: string; routine?: string };
  // With row_security off, the server refuses what it would have to filter: an owner under FORCE, any other role.
  if (routine === 'check_enable_rls') {
    return `the auditor is bound by row level security; audit as a role with BYPASSRLS (SQLSTATE ${state})`;
  }
  return `${message} (SQLSTATE ${state})`;
}
