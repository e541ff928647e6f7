import { quoteIdent, quoteName } from '../../identifiers.js';
import type { Client } from '../../postgres/connect.js';
import { isConnectionLost, sqlState } from '../../postgres/errors.js';
import { withTransaction } from '../../postgres/transaction.js';
import { startStopwatch } from '../../stopwatch.js';
import type { Amount } from './losses.js';
import type { Gone, Table } from './tables.js';

/** How long the rows of all tables together may take to be counted, before estimates have to do. */
export const COUNT_BUDGET_MS = 5_000;

export interface Counted extends Gone {
  rows: Amount;
  /** In the order of `columns`: how many rows have a value. */
  values: Amount[];
}

const UNKNOWN: Amount = { count: null, estimated: false };

/**
 * Counts what would be lost, each table once, the small ones first. Row level security may not hide rows from the count:
 * where it would, it is not known.
 *
 * @throws where the connection is lost, or `signal` has stopped it
 */
export async function countGone(
  client: Client,
  gone: readonly Gone[],
  signal: AbortSignal | undefined,
  budgetMs = COUNT_BUDGET_MS,
): Promise<Counted[]> {
  const took = startStopwatch();
  const counted = new Map<Gone, Counted>();
  for (const each of [...gone].sort((a, b) => a.table.pages - b.table.pages)) {
    signal?.throwIfAborted();
    counted.set(each, await countOne(client, each, budgetMs - took(), signal));
  }
  return gone.flatMap((each) => counted.get(each) ?? []);
}

async function countOne(
  client: Client,
  gone: Gone,
  leftMs: number,
  signal: AbortSignal | undefined,
): Promise<Counted> {
  try {
    return leftMs < 1 ? await estimate(client, gone) : await countExactly(client, gone, leftMs);
  } catch (error) {
    if (signal?.aborted || isConnectionLost(error)) throw error;
    if (sqlState(error) === '57014') return estimate(client, gone);
    return { ...gone, rows: UNKNOWN, values: gone.columns.map(() => UNKNOWN) };
  }
}

async function countExactly(client: Client, gone: Gone, leftMs: number): Promise<Counted> {
  const { table, columns } = gone;
  const counts = ['*', ...columns.map(quoteIdent)].map((what) => `count(${what})`);
  const { rows } = await withTransaction(client, 'repeatable read, read only', async () => {
    await client.query(
      `select set_config('row_security', 'off', true), set_config('lock_timeout', '500ms', true),
              set_config('statement_timeout', $1, true)`,
      [`${Math.ceil(leftMs)}ms`],
    );
    return client.query<string[]>({
      // Tables that inherit from it are told by themselves.
      text: `select ${counts.join(', ')} from ${table.partitioned ? '' : 'only '}${quoteName(table)}`,
      rowMode: 'array',
    });
  });
  const [all, ...values] = (rows[0] ?? []).map((count) => ({ count: Number(count), estimated: false }));
  return { ...gone, rows: all ?? UNKNOWN, values };
}

/** From what the last ANALYZE left; without one nothing is known. */
async function estimate(client: Client, gone: Gone): Promise<Counted> {
  const { table, columns } = gone;
  const { rows } = await client.query<{ name: string; nulls: number }>(
    `select attname as name, null_frac as nulls from pg_catalog.pg_stats
      where schemaname = $1 and tablename = $2 and attname = any ($3) and inherited = $4`,
    [table.schema, table.name, columns, table.partitioned],
  );
  const nulls = new Map(rows.map((row) => [row.name, row.nulls]));
  return {
    ...gone,
    rows: estimated(table, 1),
    values: columns.map((name) => estimated(table, 1 - (nulls.get(name) ?? Number.NaN))),
  };
}

function estimated(table: Table, share: number): Amount {
  if (table.estimate < 0 || Number.isNaN(share)) return UNKNOWN;
  return { count: Math.round(table.estimate * share), estimated: true };
}
