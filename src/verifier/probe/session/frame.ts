import { quoteIdent } from '../../../identifiers.js';
import type { Client } from '../../../postgres/connect.js';

/** What a session of the probes begins and ends with, as SQL. */
export interface Frame {
  begin: string;
  end: string;
  /** The connection is somebody else's and goes on being used: what is prepared on it is to be forgotten. */
  lent: boolean;
}

/** On a connection of the login's own. */
export const OWN_TRANSACTION: Frame = { begin: 'begin', end: 'rollback', lent: false };

/** The same where nothing may be written, not even to be taken back. */
export const READ_ONLY_TRANSACTION: Frame = { ...OWN_TRANSACTION, begin: 'begin read only' };

/** Within a transaction that is not the probe's, on the connection of whoever began it. */
export interface LentFrame extends Frame {
  /** Whoever began it, while the session lasts. */
  asLender: string;
}

/**
 * Becomes the app role for as long as the session lasts. A superuser does so by SESSION AUTHORIZATION: session_user is the
 * app role then, as with a login of its own. Others can take on the role only.
 */
export function lentTransaction(role: string, superuser: boolean): LentFrame {
  const what = superuser ? 'session authorization' : 'role';
  return {
    // A migration runs with row_security off, which would make an error of whatever its policies stop.
    begin: `savepoint tenantctl_login; set local ${what} ${quoteIdent(role)}; set local row_security = on`,
    // With the savepoint go role and settings, too.
    end: 'rollback to savepoint tenantctl_login; release savepoint tenantctl_login',
    lent: true,
    asLender: `set local ${what} ${superuser ? 'default' : 'none'}`,
  };
}

/** Drops prepared statements, as far as they came to be: one that could not be parsed was never there. */
export async function forgetPrepared(client: Client, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  const { rows } = await client.query<{ name: string }>(
    'select name from pg_catalog.pg_prepared_statements where name = any($1)',
    [names],
  );
  for (const { name } of rows) await client.query(`deallocate ${quoteIdent(name)}`);
}
