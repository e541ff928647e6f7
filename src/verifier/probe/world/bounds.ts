import type { Client } from '../../../postgres/connect.js';

/** The bounds of every partition as a condition on its columns, by oid: one query. */
export async function readBounds(client: Client): Promise<Map<number, string>> {
  const { rows } = await client.query<{ oid: number; bounds: string }>(`
    select c.oid, pg_catalog.pg_get_partition_constraintdef(c.oid) as bounds
    from pg_catalog.pg_class c
    where c.relispartition and c.relkind in ('r', 'p')
      and pg_catalog.pg_get_partition_constraintdef(c.oid) is not null`);
  return new Map(rows.map(({ oid, bounds }) => [oid, bounds]));
}
