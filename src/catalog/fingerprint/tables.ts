import { BOOKKEEPING_SCHEMA, type BookkeepingTables } from '../../postgres/bookkeeping.js';
import type { Client } from '../../postgres/connect.js';

export const FINGERPRINT = `${BOOKKEEPING_SCHEMA}.schema_fingerprint`;
export const OBJECT = `${BOOKKEEPING_SCHEMA}.schema_object`;
export const RUN = `${BOOKKEEPING_SCHEMA}.schema_run`;

/** One row, once there is a fingerprint: when and by what it was taken. `accepted`: drift that was found to be right. */
const FINGERPRINT_COLUMNS = `
  one boolean primary key default true check (one),
  taken_at timestamptz not null,
  command text not null,
  role text not null,
  host text not null,
  version text not null,
  format integer not null,
  server_major integer not null,
  accepted jsonb not null default '[]'`;

/**
 * `definition`: an object as tenantctl left it; NULL where it was not there. `found`: what somebody else had made of it
 * when the last run began (JSON null: dropped), which stays drift unless that run changed it, too.
 */
const OBJECT_COLUMNS = `
  kind text,
  identity text,
  parent text,
  definition jsonb,
  found jsonb,
  primary key (kind, identity)`;

/** The commands that are at work, or were killed at it: as long as one is here, nobody knows whose a change is. Of short types. */
const RUN_COLUMNS = `
  pid integer,
  backend_start timestamptz,
  command name not null,
  since timestamptz not null default clock_timestamp(),
  primary key (pid, backend_start)`;

/** To be made in one transaction, so that all or none are there. */
export const FINGERPRINT_TABLES: BookkeepingTables = {
  schema_fingerprint: FINGERPRINT_COLUMNS,
  schema_object: OBJECT_COLUMNS,
  schema_run: RUN_COLUMNS,
};

export async function hasFingerprintTables(client: Client): Promise<boolean> {
  // to_regclass() would want USAGE on the schema, which not everybody has who may change others.
  const { rows } = await client.query(
    `select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where n.nspname = '${BOOKKEEPING_SCHEMA}' and c.relname = 'schema_fingerprint'`,
  );
  return rows.length > 0;
}
