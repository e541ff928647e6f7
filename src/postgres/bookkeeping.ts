import { TenantctlError } from '../errors.js';
import type { Client } from './connect.js';
import { sqlState } from './errors.js';

/** The one schema for tenantctl's own tables. An audit never flags it, and the app role cannot touch it. */
export const BOOKKEEPING_SCHEMA = 'tenantctl';

/**
 * Makes sure that the bookkeeping schema and one of its tables exist, open to their owner only. Looks first: on a
 * database that has them, a role without CREATE does not need it.
 *
 * @param columns the column list of CREATE TABLE, from the caller's own source text
 * @throws TenantctlError privilege, where this role may not create them
 */
export async function ensureBookkeepingTable(client: Client, table: string, columns: string): Promise<void> {
  try {
    const { rows } = await client.query<{ present: boolean }>(
      'select to_regclass($1) is not null as present',
      [`${BOOKKEEPING_SCHEMA}.${table}`],
    );
    if (!rows[0]?.present) await create(client, table, columns);
  } catch (error) {
    throw sqlState(error) === '42501' ? denied(error) : error;
  }
}

async function create(client: Client, table: string, columns: string): Promise<void> {
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

function denied(error: unknown): TenantctlError {
  return new TenantctlError({
    kind: 'privilege',
    code: 'BOOKKEEPING_DENIED',
    message: `Cannot keep records in schema ${BOOKKEEPING_SCHEMA}: ${error instanceof Error ? error.message : String(error)}.`,
    hint: `as an administrator, CREATE SCHEMA ${BOOKKEEPING_SCHEMA} AUTHORIZATION the role that migrates; or GRANT CREATE ON DATABASE to it`,
    cause: error,
  });
}
