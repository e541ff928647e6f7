import { displayName, type QualifiedName } from '../identifiers.js';
import { BOOKKEEPING_SCHEMA } from '../postgres/bookkeeping.js';
import type { Client } from '../postgres/connect.js';

/** What a transaction has done to a table. */
export interface Activity {
  oid: number;
  table: QualifiedName;
  inserted: number;
  updated: number;
  deleted: number;
  /** Sequential and index scans: a row that was already there has been looked up. */
  scans: number;
}

/** The same for people and for JSON. */
export interface TableChange {
  table: string;
  inserted: number;
  updated: number;
  deleted: number;
}

/**
 * Reads what the current transaction did to the permanent tables. PostgreSQL counts on from earlier transactions of the
 * session until it has published their numbers, so what was there before has to be taken off: see `since`.
 */
export async function readActivity(client: Client): Promise<Activity[]> {
  const { rows } = await client.query<
    Record<'oid' | 'schema' | 'name' | 'ins' | 'upd' | 'del' | 'scans', string>
  >(
    `select c.oid, s.schemaname as schema, s.relname as name,
            s.n_tup_ins as ins, s.n_tup_upd as upd, s.n_tup_del as del,
            coalesce(s.seq_scan, 0) + coalesce(s.idx_scan, 0) as scans
       from pg_catalog.pg_stat_xact_user_tables s join pg_catalog.pg_class c on c.oid = s.relid
      where c.relpersistence <> 't' and s.schemaname <> $1
      order by s.schemaname, s.relname`,
    [BOOKKEEPING_SCHEMA],
  );
  return rows.map(({ oid, schema, name, ins, upd, del, scans }) => ({
    oid: Number(oid),
    table: { schema, name },
    inserted: Number(ins),
    updated: Number(upd),
    deleted: Number(del),
    scans: Number(scans),
  }));
}

/** What came to `before`; tables with nothing new are left out. */
export function since(before: readonly Activity[], now: readonly Activity[]): Activity[] {
  const earlier = new Map(before.map((activity) => [activity.oid, activity]));
  return now
    .map((activity) => {
      const base = earlier.get(activity.oid);
      if (!base) return activity;
      return {
        ...activity,
        inserted: activity.inserted - base.inserted,
        updated: activity.updated - base.updated,
        deleted: activity.deleted - base.deleted,
        scans: activity.scans - base.scans,
      };
    })
    .filter(({ inserted, updated, deleted, scans }) => inserted + updated + deleted + scans > 0);
}

/** The tables whose rows changed. */
export function changesOf(activities: readonly Activity[]): TableChange[] {
  return activities
    .filter(({ inserted, updated, deleted }) => inserted + updated + deleted > 0)
    .map(({ table, inserted, updated, deleted }) => ({
      table: displayName(table),
      ...{ inserted, updated, deleted },
    }));
}
