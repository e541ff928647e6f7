import { quoteIdent, quoteLiteral } from '../identifiers.js';
import { type Client, WATCH_SETTINGS } from './connect.js';
import { sqlState } from './errors.js';
import { transactionStatus } from './transaction.js';

/** A session's settings, to go back to after foreign code has used the connection. */
export interface Session {
  /**
   * Undoes every SET, SET ROLE and SET SESSION AUTHORIZATION. Inside a transaction deferred constraints are checked
   * first: their triggers may need the settings that are about to go.
   */
  restore(): Promise<void>;
  /** SQL that does so where the session stands now, to travel with what comes after it. */
  restoration(): string;
}

/**
 * Settles how long this session waits for a lock, and remembers how to come back to that.
 *
 * @param lockTimeout holds where neither the connection's options nor the role set one: '60s'
 * @param fixed settings that hold whatever connection and role say
 */
export async function settleSession(
  client: Client,
  lockTimeout: string,
  fixed: Readonly<Record<string, string>> = {},
): Promise<Session> {
  // Kept besides what RESET ALL restores by itself: what is set after the connection was made.
  const { rows } = await client.query<{ name: string; value: string }>(
    `select name, set_config(name, coalesce(value, current_setting(name)), false) as value
       from unnest($1::text[], $2::text[]) as fixed (name, value)
     union all
     select 'lock_timeout', set_config('lock_timeout', coalesce(nullif(current_setting('lock_timeout'), '0'), $3), false)`,
    [
      [...Object.keys(WATCH_SETTINGS), ...Object.keys(fixed)],
      [...Object.keys(WATCH_SETTINGS).map(() => null), ...Object.values(fixed)],
      lockTimeout,
    ],
  );
  const settle = rows.map(({ name, value }) => `set ${quoteIdent(name)} = ${quoteLiteral(value)}`).join('; ');
  settled.set(client, settle);
  const restoration = () => {
    const check = client.getTransactionStatus() === 'T' ? 'set constraints all immediate; ' : '';
    return `${check}reset session authorization; reset role; reset all; ${settle}`;
  };
  return {
    restoration,
    restore: async () => {
      await client.query(restoration());
    },
  };
}

/** How sessions were settled. */
const settled = new WeakMap<Client, string>();

/** Foreign code may have taken another role, which it gets back with the end of the transaction. */
export const AS_OURSELVES = 'set local session authorization default; set local role to default';

/** Does in the transaction of foreign code what has to be done as ourselves, and gives the code back the role that it took. */
export async function asOurselves(client: Client, sql: string): Promise<void> {
  const { rows } = await client.query<{ login: string; role: string }>(
    `select session_user as login, current_setting('role') as role`,
  );
  const [{ login, role } = { login: 'default', role: 'none' }] = rows;
  const back = `set local session authorization ${quoteIdent(login)}; set local role ${role === 'none' ? role : quoteIdent(role)}`;
  await client.query(`${AS_OURSELVES}; ${sql}; ${back}`);
}

/**
 * Takes a connection back from foreign code that failed: it may have left a transaction or a role behind, or have set that
 * transactions only read, that statements end after a millisecond, that commits do not wait for the disk.
 */
export async function reclaim(client: Client): Promise<void> {
  if ((await transactionStatus(client)) !== 'I') await client.query('rollback');
  const settle = settled.get(client);
  const reset = settle === undefined ? '' : `; reset all; ${settle}`;
  await client.query(`reset session authorization; reset role${reset}`);
}

/** The cancel request that ended the work may arrive late, and hit what comes after it instead: that is then done again. */
export async function despiteLateCancel(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (sqlState(error) !== '57014') throw error;
    await act();
  }
}
