import { TenantctlError } from '../errors.js';
import { type QualifiedName, quoteIdent, quoteName } from '../identifiers.js';
import { BOOKKEEPING_SCHEMA, ensureBookkeepingTable } from '../postgres/bookkeeping.js';
import type { Client } from '../postgres/connect.js';
import { withTransaction } from '../postgres/transaction.js';

/** knex's ledger table; its lock table is beside it. */
export type Ledger = QualifiedName;

export function lockTable(ledger: Ledger): QualifiedName {
  return { schema: ledger.schema, name: `${ledger.name}_lock` };
}

export const LOG = `${BOOKKEEPING_SCHEMA}.migration_log`;

/**
 * knex's ledger says which files are applied; this log what knex's cannot: that a file outside a transaction was begun
 * and not finished, from which source, by whom. One row per ledger and migration.
 */
const LOG_COLUMNS = `
  ledger text not null,
  name text not null,
  file text not null,
  state text not null check (state in ('started', 'applied', 'reverting')),
  batch integer not null,
  checksum text not null,
  started_at timestamptz not null default clock_timestamp(),
  duration_ms integer,
  role text not null default current_user,
  host text not null,
  version text not null,
  primary key (ledger, name)`;

/**
 * Finds the ledger's place as knex does: in the schema given, else in the first of the search_path.
 *
 * @throws TenantctlError usage, where there is no such schema
 */
export async function locateLedger(
  client: Client,
  names: { tableName: string; schemaName: string | undefined },
): Promise<Ledger> {
  const { rows } = await client.query<{ schema: string | null }>(
    `select case when $1::text is null then current_schema()::text
                 else (select nspname::text from pg_catalog.pg_namespace where nspname = $1) end as schema`,
    [names.schemaName ?? null],
  );
  const schema = rows[0]?.schema;
  if (schema) return { schema, name: names.tableName };
  const cause =
    names.schemaName === undefined
      ? 'the search_path names no schema that exists'
      : `there is no schema ${JSON.stringify(names.schemaName)}`;
  throw new TenantctlError({
    kind: 'usage',
    code: 'NO_LEDGER_SCHEMA',
    message: `Cannot place the table ${names.tableName}: ${cause}.`,
    hint: `CREATE SCHEMA ${quoteIdent(names.schemaName ?? 'public')}, or set migrations.schemaName`,
  });
}

/** Creates what is missing of the ledger's tables, all or nothing; knex's own exactly as knex would. */
export async function createLedger(client: Client, ledger: Ledger): Promise<void> {
  const lock = lockTable(ledger);
  await withTransaction(client, 'read write', async () => {
    await ensureBookkeepingTable(client, 'migration_log', LOG_COLUMNS);
    await createTable(
      client,
      ledger,
      'id serial primary key, name varchar(255), batch integer, migration_time timestamptz',
    );
    await createTable(client, lock, 'index serial primary key, is_locked integer');
    await client.query(
      `insert into ${quoteName(lock)} (is_locked) select 0 where not exists (select from ${quoteName(lock)})`,
    );
  });
}

async function createTable(client: Client, table: QualifiedName, columns: string): Promise<void> {
  // IF NOT EXISTS would say so in a notice, each time.
  const { rows } = await client.query('select where to_regclass($1) is null', [quoteName(table)]);
  if (rows.length > 0) await client.query(`create table ${quoteName(table)} (${columns})`);
}
