import type { Client } from './connect.js';

/** The one schema for tenantctl's own tables. An audit never flags it, and the app role cannot touch it. */
export const BOOKKEEPING_SCHEMA = 'tenantctl';

/**
 * Makes sure that the bookkeeping schema and one of its tables exist, open to their owner only. Looks first: on a
 * database that has them, a role without CREATE does not need it.
 *
 * @param columns the column list of CREATE TABLE, from the caller's own source text
 */
export async function ensureBookkeepingTable(client: Client, table: string, columns: string): Promise<void> {
  const { rows } = await client.query<{ present: boolean }>('select to_regclass($1) is not null as present', [
    `${BOOKKEEPING_SCHEMA}.${table}`,
  ]);
  if (rows[0]?.present) return;
  // Two sessions may come here at once, and IF NOT EXISTS alone loses that race with a unique violation.
  await client.query(`
    do $$ begin
      perform pg_advisory_xact_lock(hashtext('tenantctl bookkeeping'));
      if to_regnamespace('${BOOKKEEPING_SCHEMA}') is null then
        create schema ${BOOKKEEPING_SCHEMA};
        revoke all on schema ${BOOKKEEPING_SCHEMA} from public;
      end if;
      create table if not exists ${BOOKKEEPING_SCHEMA}.${table} (${columns});
      revoke all on ${BOOKKEEPING_SCHEMA}.${table} from public;
    end $$`);
}
