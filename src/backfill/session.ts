import type { Client } from '../postgres/connect.js';

/**
 * For this transaction: row security is an error instead of a filter (an owner under FORCE would update nothing and find
 * nothing left to do), a lock is not waited for in front of the application's own statements, and keys read back as they
 * were written.
 */
export async function settle(client: Client, statementTimeout: string): Promise<void> {
  await client.query(
    `select set_config('row_security', 'off', true), set_config('lock_timeout', '1s', true),
            set_config('statement_timeout', $1, true), set_config('datestyle', 'ISO, YMD', true),
            set_config('intervalstyle', 'postgres', true), set_config('extra_float_digits', '1', true)`,
    [statementTimeout],
  );
}
