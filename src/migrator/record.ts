import { hostname } from 'node:os';
import { quoteName } from '../identifiers.js';
import type { Client } from '../postgres/connect.js';
import { VERSION } from '../version.js';
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

/** What running a file took. */
export interface Cost {
  /** null where nobody ran it: it was declared applied. */
  durationMs: number | null;
  /** How many statements it sent. */
  statements: number | null;
}

/**
 * Notes that a file is begun. Outside a transaction this is what a crash leaves to be seen; inside, it stays only where
 * the file ended the transaction by itself.
 *
 * @param resumed whether it goes on from where an earlier run stopped
 */
export async function recordStart(
  client: Client,
  ledger: Ledger,
  state: 'started' | 'reverting',
  entry: LogEntry,
  resumed: boolean,
): Promise<void> {
  await client.query(
    `insert into ${LOG} (ledger, name, file, state, batch, checksum, host, version, row_id)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict (ledger, name) do update
       set (file, state, batch, checksum, started_at, duration_ms, role, host, version, row_id, statements) =
           (excluded.file, excluded.state, excluded.batch, excluded.checksum, excluded.started_at, null,
            excluded.role, excluded.host, excluded.version, excluded.row_id, null),
           finished = case when $10 then migration_log.finished else '{}' end,
           begun = case when $10 then migration_log.begun end,
           in_flight = $10 and migration_log.in_flight`,
    [
      ...[quoteName(ledger), entry.name, entry.file, state, entry.batch, entry.checksum],
      ...[hostname(), VERSION, entry.rowId ?? null, resumed],
    ],
  );
}

/**
 * Records a file as applied, in knex's ledger and in the log: one statement, so both or neither.
 *
 * @param replaced rows of an earlier application that was partly reverted
 */
export async function recordApplied(
  client: Client,
  ledger: Ledger,
  entry: LogEntry,
  replaced: readonly number[],
  cost: Cost,
): Promise<void> {
  const table = quoteName(ledger);
  await client.query(
    `with old as (delete from ${table} where id = any($7)),
          new as (insert into ${table} (name, batch, migration_time) values ($3, $4, clock_timestamp()) returning id)
     update ${LOG} set state = 'applied', duration_ms = $5, statements = $6, row_id = (select id from new),
            finished = '{}', begun = null, in_flight = false
      where ledger = $1 and name = $2`,
    [table, entry.name, entry.file, entry.batch, cost.durationMs, cost.statements, replaced],
  );
}

/** Removes a file's rows from knex's ledger and from the log. */
export async function recordReverted(
  client: Client,
  ledger: Ledger,
  name: string,
  ids: readonly number[],
): Promise<void> {
  const table = quoteName(ledger);
  await client.query(
    `with gone as (delete from ${table} where id = any($3)) delete from ${LOG} where ledger = $1 and name = $2`,
    [table, name, ids],
  );
}

/** Whether a file that failed in its transaction left its mark all the same: then it had ended that transaction. */
export async function leftMark(client: Client, ledger: Ledger, name: string): Promise<boolean> {
  const { rows } = await client.query(
    `select from ${LOG} where ledger = $1 and name = $2 and state in ('started', 'reverting')`,
    [quoteName(ledger), name],
  );
  return rows.length > 0;
}
