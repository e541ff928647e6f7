import { quoteName } from '../identifiers.js';
import type { Client } from '../postgres/connect.js';
import { sqlState } from '../postgres/errors.js';

/** What is to be seen of a table: 'hidden' where row level security or a privilege keeps this role from looking. */
export type Presence = 'rows' | 'empty' | 'gone' | 'hidden';

/**
 * Looks whether a table still is there and has rows; needs an open transaction. row_security is off, so that a policy
 * makes it an error, not a table that looks empty: as its owner, FORCE would hide every row.
 *
 * @throws the server's error for everything else that is in the way, a lock above all
 */
export async function presenceOf(client: Client, oid: number): Promise<Presence> {
  const { rows } = await client.query<{ schema: string; name: string }>(
    `select n.nspname as schema, c.relname as name
       from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.oid = $1`,
    [oid],
  );
  const [table] = rows;
  if (!table) return 'gone';
  await client.query('savepoint tenantctl_look; set local row_security = off');
  try {
    const found = await client.query(`select from ${quoteName(table)} limit 1`);
    return found.rowCount ? 'rows' : 'empty';
  } catch (error) {
    // Of rows that it only could not get at now, it must not be said that they may be brought in again.
    if (sqlState(error) === '42501') return 'hidden';
    throw error;
  } finally {
    await client.query('rollback to savepoint tenantctl_look; release savepoint tenantctl_look');
  }
}
