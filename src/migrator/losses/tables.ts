import type { QualifiedName } from '../../identifiers.js';
import { BOOKKEEPING_SCHEMA } from '../../postgres/bookkeeping.js';
import type { Client } from '../../postgres/connect.js';

/** A table that holds rows of its own, or partitions that do. */
export interface Table extends QualifiedName {
  oid: number;
  partitioned: boolean;
  /** Of a partition: the table above it. */
  partitionOf: number | null;
  /** Changed by TRUNCATE, and by whatever writes the table anew. */
  filenode: number;
  pages: number;
  /** As last estimated; -1 where never analysed. */
  estimate: number;
  /** Names by number, without generated ones. */
  columns: Readonly<Record<string, string>>;
}

/** Reads the tables that are anybody's but PostgreSQL's and tenantctl's; takes no lock on them. */
export async function readTables(client: Client): Promise<Map<number, Table>> {
  const { rows } = await client.query<Table>(
    `select c.oid, n.nspname as schema, c.relname as name, c.relkind = 'p' as partitioned,
            c.relfilenode as filenode, c.relpages as pages, c.reltuples::float8 as estimate,
            case when c.relispartition then (
              select i.inhparent from pg_catalog.pg_inherits i where i.inhrelid = c.oid) end as "partitionOf",
            (select coalesce(json_object_agg(a.attnum, a.attname), '{}') from pg_catalog.pg_attribute a
              where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns
       from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p') and c.relpersistence <> 't' and n.nspname !~ '^pg_'
        and n.nspname not in ('information_schema', $1)
      order by n.nspname, c.relname`,
    [BOOKKEEPING_SCHEMA],
  );
  return new Map(rows.map((table) => [table.oid, table]));
}

/** What is gone of a table that was there before. */
export interface Gone {
  table: Table;
  dropped: boolean;
  columns: string[];
  /** It stays, and has no page any more. */
  truncated: boolean;
}

/** What differs between before and after; a partition goes with the table above it. */
export async function readGone(client: Client, before: ReadonlyMap<number, Table>): Promise<Gone[]> {
  const after = await readTables(client);
  const rewritten = [...before.values()].filter(({ oid, filenode }) => {
    const now = after.get(oid);
    return now !== undefined && now.filenode !== filenode;
  });
  const empty = await readEmpty(client, rewritten);
  return [...before.values()].flatMap((table): Gone[] => {
    const now = after.get(table.oid);
    if (!now) {
      const withParent = table.partitionOf !== null && !after.has(table.partitionOf);
      return withParent ? [] : [{ table, dropped: true, columns: [], truncated: false }];
    }
    const left = new Set(Object.keys(now.columns));
    const lost = Object.entries(table.columns).filter(([number]) => !left.has(number));
    const columns = table.partitionOf === null ? lost.map(([, name]) => name) : [];
    const truncated = empty.has(table.oid);
    return columns.length > 0 || truncated ? [{ table, dropped: false, columns, truncated }] : [];
  });
}

/** Only of tables that this transaction has locked: it would wait for the others. */
async function readEmpty(client: Client, tables: readonly Table[]): Promise<Set<number>> {
  if (tables.length === 0) return new Set();
  const { rows } = await client.query<{ oid: number }>(
    'select oid from unnest($1::oid[]) as oid where pg_catalog.pg_relation_size(oid) = 0',
    [tables.map(({ oid }) => oid)],
  );
  return new Set(rows.map(({ oid }) => oid));
}
