import { hostname } from 'node:os';
import { BOOKKEEPING_SCHEMA, ensureBookkeepingTables } from '../postgres/bookkeeping.js';
import type { Client } from '../postgres/connect.js';
import { VERSION } from '../version.js';

const LOG = `${BOOKKEEPING_SCHEMA}.seed_log`;

const COLUMNS = `
  name text primary key,
  file text not null,
  checksum text not null,
  tables jsonb not null,
  ran_at timestamptz not null default clock_timestamp(),
  duration_ms integer not null,
  role text not null default current_user,
  host text not null,
  version text not null`;

/** A table that a seed left rows in, or found them. The oid: a table made anew is another, whatever its name. */
export interface KnownTable {
  oid: number;
  name: string;
}

/** The last run of a seed. */
export interface SeedRecord {
  name: string;
  checksum: string;
  tables: KnownTable[];
}

/** Reads which seeds have run, by name; none where the table does not exist. Writes nothing. */
export async function readSeedLog(client: Client): Promise<Map<string, SeedRecord>> {
  const { rows: present } = await client.query('select where to_regclass($1) is not null', [LOG]);
  if (present.length === 0) return new Map();
  const { rows } = await client.query<SeedRecord>(`select name, checksum, tables from ${LOG}`);
  return new Map(rows.map((row) => [row.name, row]));
}

export async function createSeedLog(client: Client): Promise<void> {
  await ensureBookkeepingTables(client, { seed_log: COLUMNS });
}

/** Records a run, in the transaction of the run itself. */
export async function recordSeed(
  client: Client,
  seed: SeedRecord & { file: string; durationMs: number },
): Promise<void> {
  await client.query(
    `insert into ${LOG} (name, file, checksum, tables, duration_ms, host, version)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (name) do update
       set (file, checksum, tables, ran_at, duration_ms, role, host, version) =
           (excluded.file, excluded.checksum, excluded.tables, excluded.ran_at, excluded.duration_ms,
            excluded.role, excluded.host, excluded.version)`,
    [seed.name, seed.file, seed.checksum, JSON.stringify(seed.tables), seed.durationMs, hostname(), VERSION],
  );
}
