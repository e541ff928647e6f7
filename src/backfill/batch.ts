import { TenantctlError } from '../errors.js';
import { displayName } from '../identifiers.js';
import type { Client } from '../postgres/connect.js';
import { sqlState } from '../postgres/errors.js';
import { withTransaction } from '../postgres/transaction.js';
import { batchQuery, SAMPLES } from './batch-sql.js';
import { type Run, type Sample, saveRun, type Tally } from './ledger.js';
import { patiently, type Wait } from './retry.js';
import { settle } from './session.js';
import { batchEndQuery, type KeyedPlan, type LeftReason, type Range, type Rows } from './sql.js';

export interface PassOptions extends Wait {
  /** Rows of one transaction. */
  batchSize: number;
  /** Called after each batch that was committed. */
  onBatch: (tally: Tally) => void;
}

/** What a batch answers. */
interface BatchRow {
  scanned: number;
  locked: number;
  fillable: number;
  updated: number;
  changed: Record<string, number>;
  left: Partial<Record<LeftReason, number>>;
  samples: Sample[];
}

/**
 * Goes over the rows from the run's cursor to its upper end, one short transaction for each batch, and each with its own
 * checkpoint: whatever is killed when, what was committed was also recorded.
 *
 * @param rows 'unfilled' for the sweep over what was inserted meanwhile
 * @returns the run as it is after the last batch
 */
export async function passOver(
  client: Client,
  plan: KeyedPlan,
  run: Run,
  rows: Rows,
  options: PassOptions,
): Promise<Run> {
  let current = run;
  let size = options.batchSize;
  for (;;) {
    options.signal?.throwIfAborted();
    try {
      const next = await patiently(options, () => oneBatch(client, plan, current, rows, size));
      current = next.run;
      options.onBatch(current.tally);
      if (next.last) return current;
    } catch (error) {
      if (options.signal?.aborted || size === 1 || !TOO_MUCH.includes(sqlState(error) ?? '')) throw error;
      size = Math.ceil(size / 10);
    }
  }
}

/**
 * What fewer rows may not meet, where rows are wide or their triggers slow: query_canceled (not by a signal of ours, so
 * statement_timeout), disk_full, out_of_memory, configuration_limit_exceeded (temp_file_limit), program_limit_exceeded.
 */
const TOO_MUCH = ['57014', '53100', '53200', '53400', '54000'];

async function oneBatch(
  client: Client,
  plan: KeyedPlan,
  run: Run,
  rows: Rows,
  size: number,
): Promise<{ run: Run; last: boolean }> {
  return withTransaction(client, 'read write', async () => {
    const rest: Range = { from: run.cursor, to: run.upper };
    // Looking for unfilled rows among filled ones may mean to read all of the table; locks are taken after that.
    await settle(client, rows === 'all' ? BATCH_TIMEOUT : '0');
    const end = await client.query<{ key: string[] }>(batchEndQuery(plan, rest, rows, size));
    const to = end.rows[0]?.key;
    const answer = await client.query<BatchRow>(
      batchQuery(plan, { from: run.cursor, to: to ?? run.upper }, rows, run.id),
    );
    const [batch] = answer.rows;
    if (!batch) throw new Error('a SELECT without FROM returned no row');
    requireOnlyTheColumn(plan, batch);
    const next = { ...run, cursor: to ?? run.upper, tally: add(run.tally, batch, rows) };
    const last = to === undefined;
    await saveRun(client, next, last);
    return { run: next, last };
  });
}

/** A batch that takes longer holds its row locks for too long. */
const BATCH_TIMEOUT = '30s';

function add(tally: Tally, batch: BatchRow, rows: Rows): Tally {
  // The sweep reads only what is unfilled, so it says nothing about how many rows there are.
  const scanned = rows === 'all' ? batch.scanned : batch.locked;
  return {
    scanned: tally.scanned + scanned,
    updated: tally.updated + batch.updated,
    already: tally.already + scanned - batch.locked,
    left: sum(tally.left, batch.left),
    samples: mergeSamples(tally.samples, batch.samples),
    changed: sum(tally.changed, batch.changed),
  };
}

function sum<K extends string>(a: Partial<Record<K, number>>, b: Partial<Record<K, number>>) {
  const result = { ...a };
  for (const [name, rows] of Object.entries(b) as [K, number][]) result[name] = (result[name] ?? 0) + rows;
  return result as Record<K, number>;
}

function mergeSamples(a: Sample[], b: Sample[]): Sample[] {
  const places = new Map<string, number>();
  return [...a, ...b].filter(({ reason }) => {
    const place = (places.get(reason) ?? 0) + 1;
    places.set(reason, place);
    return place <= SAMPLES;
  });
}

/** Only the one column is written; whatever else differs afterwards was done by the table's own triggers. */
function requireOnlyTheColumn(plan: KeyedPlan, batch: BatchRow): void {
  const table = displayName(plan.relation);
  const { column, triggers } = plan;
  const refuse = (code: string, cause: string) =>
    new TenantctlError({
      kind: 'step-failed',
      code,
      message: `Cannot backfill ${table}: ${cause}. This batch was rolled back; the ones before it stay.`,
      hint: `look at its triggers (${triggers.join(', ') || 'none'}) and rules: \\d ${table}`,
    });
  if (batch.updated !== batch.fillable) {
    const kept = batch.fillable - batch.updated;
    throw refuse('UPDATE_SUPPRESSED', `a trigger or rule keeps ${kept} of its rows from being updated`);
  }
  if (batch.changed[column] !== undefined) {
    throw refuse('TENANT_OVERRIDDEN', `a trigger writes another ${column} than the one that was derived`);
  }
  const others = Object.keys(batch.changed);
  if (others.length > 0 && triggers.length === 0) {
    throw refuse('ROW_CHANGED', `its columns ${others.join(', ')} changed with ${column}`);
  }
}
