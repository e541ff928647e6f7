import type { Client } from '../../postgres/connect.js';

/** So many are one text: more would lie in memory several times over, as bytes, as text and as values. */
const AT_ONCE = 2000;

/**
 * The rows of a query, sent as JSON. The driver takes rows apart value by value, which takes longer than the server needs to
 * find them. Oids must be cast to int8, or they would arrive as texts.
 */
export async function readRows<T>(client: Client, query: string): Promise<T[]> {
  const { rows } = await client.query<{ rows: T[] }>(
    `select json_agg(y.x) as rows from (select (row_number() over () - 1) / ${AT_ONCE} as part, x from (${query}) x) y
    group by y.part order by y.part`,
  );
  return rows.flatMap((row) => row.rows);
}
