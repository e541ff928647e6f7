import type { OnEvent } from '../events.js';
import { displayName } from '../identifiers.js';
import { type Client, withLoss } from '../postgres/connect.js';
import { isConnectionLost } from '../postgres/errors.js';
import type { Session } from '../postgres/session.js';
import { type Leftover, stepFailure } from '../postgres/step-failure.js';
import { describeIdle, type Work, type WorkRunner } from '../postgres/work.js';
import { startStopwatch } from '../stopwatch.js';
import { type Activity, changesOf, readActivity, since, type TableChange } from './activity.js';
import type { Seed } from './load.js';
import { type KnownTable, recordSeed } from './log.js';
import { presenceOf } from './presence.js';

/** What seeds run on. */
export interface Bench {
  client: Client;
  session: Session;
  runner: WorkRunner;
  onEvent: OnEvent;
  signal?: AbortSignal | undefined;
}

/**
 * Runs one seed in a transaction together with its record.
 *
 * @param before the seeds that ran before it
 * @param partial the JSON document's fields so far
 * @returns milliseconds, and the rows it changed
 * @throws TenantctlError as stepFailure says
 */
export async function runSeed(
  bench: Bench,
  seed: Seed,
  work: Work,
  before: readonly string[],
  partial: object,
): Promise<{ durationMs: number; tables: TableChange[] }> {
  const { client, session, runner, onEvent, signal } = bench;
  const { name, file, path } = seed.source;
  const took = startStopwatch();
  let xid: string | undefined;
  let durationMs = 0;
  let tables: TableChange[] = [];
  try {
    signal?.throwIfAborted();
    await runner.inTransaction(work, async (run) => {
      xid = await transactionId(client);
      const base = await readActivity(client);
      if ((await run()) === 0) onEvent({ kind: 'warning', text: describeIdle(file) });
      // What the file has SET, a role or a tenant, is not for the record nor for the next file.
      await session.restore();
      const activity = since(base, await readActivity(client));
      durationMs = Math.round(took());
      tables = changesOf(activity);
      const known = await knownTables(client, activity);
      await recordSeed(client, { name, file, checksum: seed.checksum, tables: known, durationMs });
    });
  } catch (error) {
    const left = await leftover(client, xid, error);
    throw stepFailure(withLoss(client, error), {
      ...{ act: `run the seed ${file}`, path, left, before, signal, command: 'tenantctl seed' },
      afterPart: AFTER_PART,
      partial: { ...partial, failed: { name: file, left } },
    });
  }
  return { durationMs, tables };
}

/** Only code can do so: a .sql file that begins or ends transactions is refused. */
const AFTER_PART =
  'take COMMIT and BEGIN out of the file, and delete what stayed unless it is repeatable (ON CONFLICT); then tenantctl seed, which runs all of it';

/** The tables to look at before the next run: those it has touched and that now hold rows, as far as can be seen. */
async function knownTables(client: Client, activity: readonly Activity[]): Promise<KnownTable[]> {
  const known: KnownTable[] = [];
  for (const { oid, table } of activity) {
    const presence = await presenceOf(client, oid);
    if (presence === 'rows' || presence === 'hidden') known.push({ oid, name: displayName(table) });
  }
  return known;
}

async function transactionId(client: Client): Promise<string | undefined> {
  const { rows } = await client.query<{ xid: string }>('select pg_current_xact_id()::text as xid');
  return rows[0]?.xid;
}

/** Nothing, unless the seed committed by itself before it failed; the database knows. */
async function leftover(client: Client, xid: string | undefined, error: unknown): Promise<Leftover> {
  if (isConnectionLost(error)) return 'unknown';
  if (xid === undefined) return 'nothing';
  try {
    const { rows } = await client.query<{ committed: boolean }>(
      `select pg_xact_status($1::xid8) = 'committed' as committed`,
      [xid],
    );
    return rows[0]?.committed ? 'part' : 'nothing';
  } catch {
    return 'unknown';
  }
}
