import { TenantctlError } from '../errors.js';
import { quoteIdent } from '../identifiers.js';
import type { Client } from './connect.js';
import { sqlState } from './errors.js';

/** The one schema for tenantctl's own tables. An audit never flags it, and the app role cannot touch it. */
export const BOOKKEEPING_SCHEMA = 'tenantctl';

/** Tables by name, each as the column list of CREATE TABLE, from the caller's own source text. */
export type BookkeepingTables = Readonly<Record<string, string>>;

/**
 * Makes sure that the bookkeeping schema and some of its tables exist, open to their owner only. Looks first: on a
 * database that has them, a role without CREATE does not need it.
 *
 * @throws TenantctlError privilege, where this role may not create them
 */
export async function ensureBookkeepingTables(client: Client, tables: BookkeepingTables): Promise<void> {
  try {
    const { rows } = await client.query<{ name: string; schema: boolean }>(
      `select name, to_regnamespace('${BOOKKEEPING_SCHEMA}') is not null as schema
         from unnest($1::text[]) as name where to_regclass('${BOOKKEEPING_SCHEMA}.' || name) is null`,
      [Object.keys(tables)],
    );
    const missing = Object.fromEntries(rows.map(({ name }) => [name, tables[name] ?? '']));
    if (rows.length > 0)
      await client.query(
        creationOf(
          missing,
          rows.some(({ schema }) => schema),
        ).join('; '),
      );
  } catch (error) {
    throw orDenied(error);
  }
}

/**
 * Statements that create what does not exist of these tables, and of their schema unless it is known to be there: to create one
 * that exists takes the privilege, too.
 */
export function creationOf(tables: BookkeepingTables, hasSchema: boolean): string[] {
  const schema = `create schema if not exists ${BOOKKEEPING_SCHEMA}; revoke all on schema ${BOOKKEEPING_SCHEMA} from public`;
  const names = Object.keys(tables).map((name) => `${BOOKKEEPING_SCHEMA}.${name}`);
  return [
    // Two sessions may come here at once, and IF NOT EXISTS alone loses that race with a unique violation.
    `select pg_advisory_xact_lock(hashtext('tenantctl bookkeeping'))`,
    ...(hasSchema ? [] : [schema]),
    ...Object.entries(tables).map(
      ([name, columns]) => `create table if not exists ${BOOKKEEPING_SCHEMA}.${name} (${columns})`,
    ),
    `revoke all on ${names.join(', ')} from public`,
  ];
}

/** The error of who made tables in that schema: TenantctlError privilege, where that takes a privilege which is not there. */
export function orDenied(error: unknown, schema = BOOKKEEPING_SCHEMA): unknown {
  return sqlState(error) === '42501' ? denied(error, schema) : error;
}

function denied(error: unknown, schema: string): TenantctlError {
  return new TenantctlError({
    kind: 'privilege',
    code: 'BOOKKEEPING_DENIED',
    message: `Cannot keep records in schema ${schema}: ${error instanceof Error ? error.message : String(error)}.`,
    hint:
      schema === BOOKKEEPING_SCHEMA
        ? `as an administrator, CREATE SCHEMA ${schema} AUTHORIZATION the role that migrates; or GRANT CREATE ON DATABASE to it`
        : `as its owner, GRANT CREATE ON SCHEMA ${quoteIdent(schema)} TO the role that migrates; or name another in migrations.schemaName`,
    cause: error,
  });
}
