import type { QueryResult } from 'pg';
import { quoteLiteral, quoteName } from '../../identifiers.js';
import type { Client } from '../../postgres/connect.js';
import { type Ledger, LOG, lockTable } from './ledger.js';

/** A row of knex's ledger. */
export interface LedgerRow {
  id: number;
  file: string;
  batch: number;
  appliedAt: Date | null;
}

/** A row of tenantctl.migration_log. */
export interface LogRow {
  name: string;
  file: string;
  state: 'started' | 'applied' | 'reverting' | 'adopted' | 'baselined' | 'retired' | 'discarded';
  batch: number;
  /** Of the file; null where it was not there when its row was adopted. */
  checksum: string | null;
  durationMs: number | null;
  /** Its row in knex's ledger; null where there is none, or version 0.1 wrote it. */
  rowId: number | null;
  /** What of a file outside a transaction is done, as keepJournal writes it. */
  finished: string[];
  begun: string | null;
  inFlight: boolean;
}

/** What the database says has happened. */
export interface History {
  /** In order of application. */
  rows: LedgerRow[];
  log: LogRow[];
  /** knex's own lock is set: its CLI is running, or crashed. */
  knexLocked: boolean;
}

/** Reads the history; writes nothing, and takes tables that do not exist for empty. */
export async function readHistory(client: Client, ledger: Ledger): Promise<History> {
  const { rows } = await client.query<{ ledger: boolean; lock: boolean; log: boolean }>(
    `select to_regclass($1) is not null as ledger, to_regclass($2) is not null as lock,
            to_regclass($3) is not null as log`,
    [quoteName(ledger), quoteName(lockTable(ledger)), LOG],
  );
  const present = rows[0] ?? { ledger: false, lock: false, log: false };
  if (!Object.values(present).includes(true)) return { rows: [], log: [], knexLocked: false };
  const asked = [
    present.ledger ? readLedger(ledger) : 'select where false',
    present.log ? readLog(ledger) : 'select where false',
    present.lock ? readLock(ledger) : 'select where false',
  ];
  const answer: unknown = await client.query(asked.join('; '));
  const [applied, log, locked] = answer as [QueryResult<LedgerRow>, QueryResult<LogRow>, QueryResult];
  return { rows: applied.rows, log: log.rows, knexLocked: locked.rows.length > 0 };
}

function readLedger(ledger: Ledger): string {
  return `select id, name as file, coalesce(batch, 0) as batch, migration_time as "appliedAt"
            from ${quoteName(ledger)} where name is not null order by id`;
}

/** A table that version 0.1 made has not all of these, and reading upgrades nothing. */
function readLog(ledger: Ledger): string {
  return `select name, file, state, batch, checksum, duration_ms as "durationMs",
                 (to_jsonb(l) ->> 'row_id')::integer as "rowId",
                 array(select jsonb_array_elements_text(to_jsonb(l) -> 'finished')) as finished,
                 to_jsonb(l) ->> 'begun' as begun,
                 coalesce((to_jsonb(l) ->> 'in_flight')::boolean, false) as "inFlight"
            from ${LOG} l where ledger = ${quoteLiteral(quoteName(ledger))} order by started_at, name`;
}

/** A row where knex's own lock is set, by whomever. */
function readLock(ledger: Ledger): string {
  return `select from ${quoteName(lockTable(ledger))} where is_locked = 1`;
}
