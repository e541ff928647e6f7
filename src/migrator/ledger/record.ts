import { hostname } from 'node:os';
import { quoteLiteral, quoteName } from '../../identifiers.js';
import type { Client } from '../../postgres/connect.js';
import { VERSION } from '../../version.js';
import { type Ledger, LOG } from './ledger.js';

/** A file that is run up or down. */
export interface LogEntry {
  name: string;
  file: string;
  batch: number;
  checksum: string;
  /** Its row in knex's ledger, where there is one. */
  rowId: number | undefined;
}

/**
 * SQL that notes that a file is begun: what a crash leaves to be seen of one that does not live or die as a whole.
 *
 * @param resumed whether it goes on from where an earlier run stopped
 */
export function startRecord(
  ledger: Ledger,
  state: 'started' | 'reverting',
  { name, file, batch, checksum, rowId }: LogEntry,
  resumed: boolean,
): string {
  const values = [quoteName(ledger), name, file, state, batch, checksum, hostname(), VERSION, rowId ?? null];
  return `insert into ${LOG} (ledger, name, file, state, batch, checksum, host, version, row_id)
    values (${values.map(literal).join(', ')})
    on conflict (ledger, name) do update
      set (file, state, batch, checksum, started_at, duration_ms, role, host, version, row_id, statements) =
          (excluded.file, excluded.state, excluded.batch, excluded.checksum, excluded.started_at, null,
           excluded.role, excluded.host, excluded.version, excluded.row_id, null)
          ${resumed ? '' : ", finished = '{}', begun = null, in_flight = false"}`;
}

/** What is recorded of a file that is applied. */
export interface Applied extends Omit<LogEntry, 'rowId'> {
  /** How many it sent. */
  statements: number;
  /** Until the record is sent; what it waits for then, constraints that were deferred, is added. */
  durationMs: number;
}

/**
 * SQL that records a file as applied, in knex's ledger and in the log: one statement, so both or neither.
 *
 * @param replaced rows of an earlier application that was partly reverted
 */
export function appliedRecord(ledger: Ledger, applied: Applied, replaced: readonly number[]): string {
  return recordOf(ledger, valuesOf(applied).map(literal), replaced);
}

/** For a file that replaces nothing. PostgreSQL takes longer to plan this statement than to run it. */
export function prepareRecord(ledger: Ledger): string {
  const types = ['text', 'text', 'integer', 'text', 'integer', 'integer'];
  const parameters = types.map((_, at) => `$${at + 1}`);
  return `prepare ${PREPARED} (${types.join(', ')}) as ${recordOf(ledger, parameters, [])}`;
}

/** SQL that does what appliedRecord does, once prepareRecord has been run in this session. */
export function preparedRecord(applied: Applied): string {
  return `execute ${PREPARED} (${valuesOf(applied).map(literal).join(', ')})`;
}

const PREPARED = 'tenantctl_record';

function valuesOf({ name, file, batch, checksum, statements, durationMs }: Applied) {
  return [name, file, batch, checksum, statements, durationMs];
}

/** @param values SQL for each of valuesOf */
function recordOf(ledger: Ledger, values: readonly string[], replaced: readonly number[]): string {
  const [name, file, batch, checksum, statements, durationMs] = values;
  const table = quoteName(ledger);
  const [own, host, version] = [table, hostname(), VERSION].map(literal);
  // Hardly ever is there one to be replaced, and a statement that finds none takes its time, too.
  const gone = replaced.length > 0 ? `${rowsGone(table, replaced)}, ` : '';
  return `with ${gone}new as (insert into ${table} (name, batch, migration_time)
                 values (${file}, ${batch}, clock_timestamp()) returning id)
    insert into ${LOG} (ledger, name, file, state, batch, checksum, host, version, statements, row_id, started_at, duration_ms)
    select ${own}, ${name}, ${file}, 'applied', ${batch}, ${checksum}, ${host}, ${version}, ${statements}, id,
           statement_timestamp() - ${durationMs} * interval '1 ms',
           ${durationMs} + 1000 * extract(epoch from clock_timestamp() - statement_timestamp())
      from new
    on conflict (ledger, name) do update
      set (file, state, batch, checksum, started_at, duration_ms, role, host, version, row_id, statements) =
          (excluded.file, excluded.state, excluded.batch, excluded.checksum, excluded.started_at, excluded.duration_ms,
           excluded.role, excluded.host, excluded.version, excluded.row_id, excluded.statements),
          finished = '{}', begun = null, in_flight = false`;
}

/** SQL that removes a file's rows from knex's ledger and from the log. */
export function revertedRecord(ledger: Ledger, name: string, ids: readonly number[]): string {
  const table = quoteName(ledger);
  return `with ${rowsGone(table, ids)} delete from ${LOG} where ${isEntry(table, name)}`;
}

function rowsGone(table: string, ids: readonly number[]): string {
  return `gone as (delete from ${table} where id = any ('{${ids.join(', ')}}'))`;
}

function isEntry(table: string, name: string): string {
  return `ledger = ${literal(table)} and name = ${literal(name)}`;
}

function literal(value: string | number | null): string {
  return typeof value === 'string' ? quoteLiteral(value) : String(value);
}

/** Whether a file that failed in its transaction left its mark all the same: then it had ended that transaction. */
export async function leftMark(client: Client, ledger: Ledger, name: string): Promise<boolean> {
  const { rows } = await client.query(
    `select from ${LOG} where ledger = $1 and name = $2 and state in ('started', 'reverting')`,
    [quoteName(ledger), name],
  );
  return rows.length > 0;
}
