import { displayName } from '../identifiers.js';
import type { Client } from '../postgres/connect.js';
import { withTransaction } from '../postgres/transaction.js';
import { passOver } from './batch.js';
import { addColumn } from './expand.js';
import { beginRun, ensureLedger, NOTHING, type Run, type Tally, unfinishedRun } from './ledger.js';
import { describeSource, type TablePlan } from './plan.js';
import { type CountedPlan, type Counts, count } from './prepare.js';
import { patiently, type Wait } from './retry.js';
import { settle } from './session.js';
import { type KeyedPlan, lastKeyQuery, type Rows } from './sql.js';

/** What came of one table. */
export interface TableResult {
  plan: TablePlan;
  /** As counted before. */
  before: Counts;
  /** The column was added by this run. */
  added: boolean;
  tally: Tally;
  /** Rows without a tenant, counted afterwards; in a dry run those that there are. */
  remaining: number;
}

interface FillOptions extends Wait {
  batchSize: number;
}

/** The state of a table that nothing has been done to. */
export function untouched({ plan, rows, unfilled }: CountedPlan): TableResult {
  return { plan, before: { rows, unfilled }, added: false, tally: NOTHING, remaining: unfilled };
}

/** Adds the column where it is missing. */
export async function expandTable(
  client: Client,
  table: TableResult,
  options: FillOptions,
): Promise<TableResult> {
  if (!table.plan.missing) return table;
  await addColumn(client, table.plan, options);
  return { ...table, added: true };
}

/**
 * Fills one table whose column exists: goes over all rows once, then over those that came meanwhile, and counts what is
 * left.
 *
 * @throws the server's errors as they are; TenantctlError step-failed where a trigger interferes
 */
export async function fillTable(
  client: Client,
  table: TableResult,
  options: FillOptions,
): Promise<TableResult> {
  const { plan, before } = table;
  const keyed = withKey(plan);
  if (!keyed || before.unfilled === 0) return table;
  const { triggers, relation } = plan;
  const from = describeSource(plan).join(', ');
  const name = displayName(relation);
  options.onEvent({ kind: 'info', text: `Filling ${name}.${plan.column} from ${from}` });
  if (triggers.length > 0) {
    options.onEvent({ kind: 'warning', text: `filling ${name} fires its triggers ${triggers.join(', ')}` });
  }
  await ensureLedger(client);
  const run = (await unfinishedRun(client, keyed)) ?? (await newRun(client, keyed, options));
  if (!run) return { ...table, remaining: await countUnfilled(client, plan, options) };
  const { tally } = await pass(client, keyed, run, 'all', table, options);
  const filled = { ...table, tally, remaining: await countUnfilled(client, plan, options) };
  // Exactly the rows that could not be filled: nothing came meanwhile. What an orphan refers to may have: a row that was
  // moved to a new parent while the batch waited for it.
  const settled = filled.remaining === leftOver(tally) && tally.left.orphan === undefined;
  return settled ? filled : sweepTable(client, filled, options);
}

/**
 * Goes over the rows without a tenant: what was inserted during the pass, below its cursor or beyond its end; or, where
 * tables derive from each other, what had to wait. What it cannot fill replaces what was known to be left.
 */
export async function sweepTable(
  client: Client,
  table: TableResult,
  options: FillOptions,
): Promise<TableResult> {
  const keyed = withKey(table.plan);
  const upper = keyed && (await lastKey(client, keyed, 'unfilled', options));
  if (!keyed || !upper) return { ...table, remaining: 0, tally: { ...table.tally, left: {}, samples: [] } };
  const run = await beginRun(client, keyed, 'unfilled', upper);
  const swept = await pass(client, keyed, run, 'unfilled', table, options);
  const { left, samples } = swept.tally;
  const tally: Tally = {
    ...{ left, samples },
    // What the first pass left behind and this one filled was scanned then.
    scanned: table.tally.scanned + Math.max(0, swept.tally.scanned - leftOver(table.tally)),
    updated: table.tally.updated + swept.tally.updated,
    already: table.tally.already + swept.tally.already,
    changed: { ...table.tally.changed, ...swept.tally.changed },
  };
  return { ...table, tally, remaining: await countUnfilled(client, table.plan, options) };
}

async function pass(
  client: Client,
  plan: KeyedPlan,
  run: Run,
  rows: Rows,
  table: TableResult,
  { batchSize, signal, onEvent }: FillOptions,
): Promise<Run> {
  const total = rows === 'all' ? table.before.rows : table.remaining;
  const onBatch = ({ scanned }: Tally) =>
    onEvent({
      kind: 'progress',
      task: `${rows === 'all' ? 'Backfilling' : 'Sweeping'} ${displayName(plan.relation)}`,
      done: Math.min(scanned, total),
      total,
      unit: 'rows',
    });
  return passOver(client, plan, run, rows, { batchSize, signal, onEvent, onBatch });
}

function withKey(plan: TablePlan): KeyedPlan | undefined {
  const { key } = plan;
  const hasSource = plan.paths.length > 0 || plan.constant !== undefined;
  return key && hasSource ? { ...plan, key } : undefined;
}

async function newRun(client: Client, plan: KeyedPlan, wait: Wait): Promise<Run | undefined> {
  const upper = await lastKey(client, plan, 'all', wait);
  return upper && beginRun(client, plan, 'all', upper);
}

async function lastKey(
  client: Client,
  plan: KeyedPlan,
  rows: Rows,
  wait: Wait,
): Promise<string[] | undefined> {
  const { text, values } = lastKeyQuery(plan, rows);
  const answer = await looking(client, wait, () => client.query<{ key: string[] }>(text, values));
  return answer.rows[0]?.key;
}

async function countUnfilled(client: Client, plan: TablePlan, wait: Wait): Promise<number> {
  const counts = await looking(client, wait, () => count(client, { ...plan, missing: false }));
  return counts.unfilled;
}

/** Reads a table as it is at one moment, after whoever has it locked. */
async function looking<T>(client: Client, wait: Wait, read: () => Promise<T>): Promise<T> {
  return patiently(wait, () =>
    withTransaction(client, 'repeatable read, read only', async () => {
      await settle(client, '0');
      return read();
    }),
  );
}

function leftOver(tally: Tally): number {
  return Object.values(tally.left).reduce((sum, rows) => sum + rows, 0);
}
