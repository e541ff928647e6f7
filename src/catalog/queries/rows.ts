import type { Client } from '../../postgres/connect.js';

/**
 * The rows of a query, sent as one JSON text. The driver takes rows apart value by value, which takes longer than the server
 * needs to find them. Oids must be cast to int8, or they would arrive as texts.
 */
export async function readRows<T>(client: Client, query: string): Promise<T[]> {
  const { rows } = await client.query<{ rows: T[] }>(
    `select coalesce(json_agg(x), '[]') as rows from (${query}) x`,
  );
  return rows.flatMap((row) => row.rows);
}
