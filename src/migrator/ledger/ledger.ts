import { FINGERPRINT, FINGERPRINT_TABLES } from '../../catalog/fingerprint/tables.js';
import type { MigrationsConfig } from '../../config/config.js';
import { TenantctlError } from '../../errors.js';
import { type QualifiedName, quoteIdent, quoteName } from '../../identifiers.js';
import {
  BOOKKEEPING_SCHEMA,
  type BookkeepingTables,
  creationOf,
  orDenied,
} from '../../postgres/bookkeeping.js';
import type { Client } from '../../postgres/connect.js';
import { sqlState } from '../../postgres/errors.js';
import { sendScript } from '../../postgres/script.js';
import { rollBack } from '../../postgres/transaction.js';
import { refuseElsewhere } from './elsewhere.js';

/** knex's ledger table; its lock table is beside it. */
export type Ledger = QualifiedName;

export function lockTable(ledger: Ledger): QualifiedName {
  return { schema: ledger.schema, name: `${ledger.name}_lock` };
}

export const LOG = `${BOOKKEEPING_SCHEMA}.migration_log`;
export const HOLDER = `${BOOKKEEPING_SCHEMA}.lock_holder`;

const STATES = "'started', 'applied', 'reverting', 'adopted', 'baselined', 'retired', 'discarded'";

/**
 * knex's ledger says which files are applied; this log what knex's cannot: which text was applied, by whom, that a file
 * outside a transaction was begun and not finished. One row per ledger and migration.
 *
 * `adopted`: knex applied it, so what nobody saw is NULL, and the checksum is that of the file when tenantctl first saw
 * it. `baselined`: recorded without being run. `retired`: its file is gone, and that was accepted. `discarded`: begun, and
 * declared undone. `row_id` is its row
 * in knex's ledger: another row there means that knex has undone and applied it since. `finished`,
 * `begun` and `in_flight` are the journal of a file outside a transaction.
 */
const LOG_COLUMNS = `
  ledger text not null,
  name text not null,
  file text not null,
  state text not null constraint migration_log_state_check check (state in (${STATES})),
  batch integer not null,
  checksum text,
  started_at timestamptz default clock_timestamp(),
  duration_ms integer,
  role text default current_user,
  host text,
  version text,
  row_id integer,
  statements integer,
  finished text[] not null default '{}',
  begun text,
  in_flight boolean not null default false,
  repairs jsonb not null default '[]',
  primary key (ledger, name)`;

/** What 0.1 made, brought to what is above. */
const LOG_UPGRADE = `
  alter table ${LOG}
    drop constraint migration_log_state_check,
    add constraint migration_log_state_check check (state in (${STATES})),
    alter checksum drop not null, alter started_at drop not null, alter role drop not null,
    alter host drop not null, alter version drop not null,
    add row_id integer, add statements integer,
    add finished text[] not null default '{}', add begun text, add in_flight boolean not null default false, add repairs jsonb not null default '[]'`;

/**
 * Finds the ledger's place as knex does: in the schema given, else in the first of the search_path.
 *
 * @throws TenantctlError usage, where there is no such schema, or refuseElsewhere says so
 */
export async function locateLedger(client: Client, names: MigrationsConfig): Promise<Ledger> {
  const { rows } = await client.query<{ schema: string | null; elsewhere: string | null }>(
    `select case when $1::text is null then current_schema()::text
                 else (select nspname::text from pg_catalog.pg_namespace where nspname = $1) end as schema,
            (select nspname::text from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
              where $1 is null and c.oid = to_regclass($2) and relkind in ('r', 'p') and nspname <> current_schema()) as elsewhere`,
    [names.schemaName ?? null, quoteIdent(names.tableName)],
  );
  const schema = rows[0]?.schema;
  if (schema) {
    const ledger = { schema, name: names.tableName };
    const elsewhere = rows[0]?.elsewhere;
    if (elsewhere) await refuseElsewhere(client, ledger, elsewhere, names.directories);
    return ledger;
  }
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

/**
 * Who has set knex's lock on behalf of tenantctl. `row_version` is the xmin of the lock's row as it was set. Of short types:
 * for a row that may not fit into a page PostgreSQL makes another table, and an index on that.
 */
const HOLDER_COLUMNS = `
  ledger varchar(260) primary key,
  pid integer not null,
  backend_start timestamptz not null,
  row_version varchar(20) not null,
  role name not null default current_user,
  host name not null,
  taken_at timestamptz not null default clock_timestamp()`;

/** What of the ledger's tables is not there as this version has it. */
interface Lacking {
  /** knex's own. */
  ledger: boolean;
  lock: boolean;
  /** Any of tenantctl's. */
  own: boolean;
  /** Their schema. */
  schema: boolean;
  /** The log is one that 0.1 made. */
  upgrade: boolean;
}

async function findLacking(client: Client, ledger: Ledger): Promise<Lacking> {
  const { rows } = await client.query<Lacking>(
    `select to_regclass($1) is null as ledger, to_regclass($2) is null as lock,
            to_regclass($3) is null or to_regclass($4) is null or to_regclass($5) is null as own,
            to_regnamespace('${BOOKKEEPING_SCHEMA}') is null as schema,
            to_regclass($3) is not null and not exists (
              select from pg_catalog.pg_attribute where attrelid = to_regclass($3) and attname = 'row_id') as upgrade`,
    [quoteName(ledger), quoteName(lockTable(ledger)), LOG, HOLDER, FINGERPRINT],
  );
  return rows[0] ?? { ledger: true, lock: true, own: true, schema: true, upgrade: false };
}

function isComplete(lacking: Lacking): boolean {
  return !Object.values(lacking).includes(true);
}

/** Whether all of the ledger's tables are there, as this version has them. */
export async function isLedgerComplete(client: Client, ledger: Ledger): Promise<boolean> {
  return isComplete(await findLacking(client, ledger));
}

/** Creates what is missing of the ledger's tables, all or nothing; knex's own exactly as knex would. */
export async function createLedger(client: Client, ledger: Ledger): Promise<void> {
  for (let left = ATTEMPTS; ; left -= 1) {
    const lacking = await findLacking(client, ledger);
    if (isComplete(lacking)) return;
    try {
      return await createTables(client, ledger, lacking);
    } catch (error) {
      if (left === 0 || !LOST_RACE.has(sqlState(error) ?? '')) throw error;
    }
  }
}

/** A knex CLI may create its two tables at this moment; afterwards they are there. */
const ATTEMPTS = 3;
const LOST_RACE = new Set(['42P07', '23505', '42710']);

async function createTables(client: Client, ledger: Ledger, lacking: Lacking): Promise<void> {
  const lock = quoteName(lockTable(ledger));
  const others = [
    ...(lacking.upgrade ? [LOG_UPGRADE] : []),
    ...(lacking.ledger ? [`create table ${quoteName(ledger)} (${LEDGER_COLUMNS})`] : []),
    // A knex that has made the table is about to put its row there; with two, knex takes one and we the other.
    ...(lacking.lock
      ? [`create table ${lock} (${LOCK_COLUMNS})`, `insert into ${lock} (is_locked) values (0)`]
      : []),
  ];
  const own = lacking.own ? creationOf(OWN_TABLES, !lacking.schema) : [];
  const { done, error } = await sendScript(client, ['begin', ...own, ...others, 'commit']);
  if (error === undefined) return;
  await rollBack(client);
  throw orDenied(error, done.length > own.length ? ledger.schema : BOOKKEEPING_SCHEMA);
}

const OWN_TABLES: BookkeepingTables = {
  migration_log: LOG_COLUMNS,
  lock_holder: HOLDER_COLUMNS,
  ...FINGERPRINT_TABLES,
};

const LEDGER_COLUMNS = 'id serial primary key, name varchar(255), batch integer, migration_time timestamptz';
const LOCK_COLUMNS = 'index serial primary key, is_locked integer';
