import { displayName } from '../../identifiers.js';
import type { Client } from '../../postgres/connect.js';

/** pg_locks' names of a table's lock modes, weakest first, and how PostgreSQL's manual writes them. */
const MODES = [
  ['AccessShareLock', 'ACCESS SHARE'],
  ['RowShareLock', 'ROW SHARE'],
  ['RowExclusiveLock', 'ROW EXCLUSIVE'],
  ['ShareUpdateExclusiveLock', 'SHARE UPDATE EXCLUSIVE'],
  ['ShareLock', 'SHARE'],
  ['ShareRowExclusiveLock', 'SHARE ROW EXCLUSIVE'],
  ['ExclusiveLock', 'EXCLUSIVE'],
  ['AccessExclusiveLock', 'ACCESS EXCLUSIVE'],
] as const;

/** A lock on a table that was there before. */
export interface TableLock {
  relation: string;
  /** As the manual writes it: ACCESS EXCLUSIVE. */
  mode: string;
  /** Of the table with its indexes and TOAST. */
  bytes: number | null;
  /** As last estimated; null where never analysed. */
  rows: number | null;
}

/** A lock just taken, by the table's oid: what it stands on is looked up when all is over. */
export interface TakenLock {
  oid: number;
  mode: string;
}

/** Watches which locks this session comes to hold on tables that others use, one look after each statement. */
export class LockWatch {
  #held = new Map<number, number>();

  private constructor(
    readonly client: Client,
    readonly existing: ReadonlySet<number>,
  ) {}

  /** Begins in a transaction that has made nothing yet: what is there now counts as existing. */
  static async begin(client: Client): Promise<LockWatch> {
    const { rows } = await client.query<{ oid: number }>(
      `select c.oid from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p', 'm', 'f') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')`,
    );
    return new LockWatch(client, new Set(rows.map(({ oid }) => oid)));
  }

  /** The locks that are new since the last look, or stronger; the strongest of each table. */
  async look(): Promise<TakenLock[]> {
    const { rows } = await this.client.query<{ relation: number; mode: string }>(
      `select relation, mode from pg_catalog.pg_locks
        where locktype = 'relation' and granted and pid = pg_catalog.pg_backend_pid()`,
    );
    const now = new Map<number, number>();
    for (const { relation, mode } of rows) {
      if (!this.existing.has(relation)) continue;
      const rank = MODES.findIndex(([name]) => name === mode);
      now.set(relation, Math.max(rank, now.get(relation) ?? -1));
    }
    const before = this.#held;
    this.#held = now;
    return [...now]
      .filter(([oid, rank]) => rank > (before.get(oid) ?? -1))
      .sort(([, a], [, b]) => b - a)
      .map(([oid, rank]) => ({ oid, mode: MODES[rank]?.[1] ?? '' }));
  }
}

export interface TableSize {
  relation: string;
  bytes: number | null;
  rows: number | null;
}

/** Names and sizes of tables, asked once the locks on them are gone: before, a dropped table would have neither. */
export async function tableSizes(client: Client, oids: Iterable<number>): Promise<Map<number, TableSize>> {
  const { rows } = await client.query<{
    oid: number;
    schema: string;
    name: string;
    bytes: string;
    tuples: number;
  }>(
    `select c.oid, n.nspname as schema, c.relname as name, c.reltuples as tuples,
            pg_catalog.pg_total_relation_size(c.oid) as bytes
       from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.oid = any ($1)`,
    [[...new Set(oids)]],
  );
  return new Map(
    rows.map(({ oid, schema, name, bytes, tuples }) => [
      oid,
      {
        relation: displayName({ schema, name }),
        bytes: Number(bytes),
        rows: tuples < 0 ? null : Math.round(tuples),
      },
    ]),
  );
}
