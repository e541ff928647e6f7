import type { OnEvent } from '../../events.js';
import type { Around } from '../../postgres/around.js';
import type { Client } from '../../postgres/connect.js';
import type { Database } from '../../postgres/database.js';
import { isConnectionLost } from '../../postgres/errors.js';
import type { Session } from '../../postgres/session.js';
import { describeSession } from '../../postgres/sessions.js';
import { kindOfStatement } from '../../postgres/statement-kind.js';
import type { WorkRunner } from '../../postgres/work.js';
import { blockersOf, isInTheWay, withPatience } from '../execution/patience.js';
import { confined } from '../execution/rehearse.js';
import type { Turn } from '../execution/turn.js';
import { ChangeTally, readChanges } from './changes.js';
import { countGone } from './count.js';
import type { Losses } from './losses.js';
import { type Gone, readGone, readTables, type Table } from './tables.js';

/** How often the rehearsal is tried that a lock is in the way of: it is there to inform, and the rollback is more patient. */
const ATTEMPTS = 3;
/** How long one statement of it may take: all the time it holds locks. */
const STATEMENT_TIMEOUT = '30s';

export interface LossesBench {
  database: Database;
  client: Client;
  session: Session;
  runner: WorkRunner;
  onEvent: OnEvent;
  signal?: AbortSignal | undefined;
}

interface Rehearsal {
  gone: Gone[];
  changes: ChangeTally;
  tables: ReadonlyMap<number, Table>;
  notKnown: Losses['notKnown'];
}

/**
 * Finds what a rollback would take with it: executes the files in one transaction that is rolled back, and looks what is
 * gone then; what they do cannot be read off code. The rows are counted afterwards, without its locks.
 *
 * @throws where the connection is lost, or a signal stops it
 */
export async function findLosses(bench: LossesBench, turns: readonly Turn[]): Promise<Losses> {
  const { gone, changes, tables, notKnown } = await rehearse(bench, turns);
  const counted = await countGone(bench.client, gone, bench.signal);
  const whole = new Set(
    gone.filter(({ dropped, truncated }) => dropped || truncated).map(({ table }) => table.oid),
  );
  const named = ({ schema, name }: Table) => ({ schema, name });
  return {
    tables: counted.filter(({ dropped }) => dropped).map(({ table, rows }) => ({ ...named(table), rows })),
    columns: counted.flatMap(({ table, columns, values }) =>
      columns.map((name, at) => ({
        ...{ schema: table.schema, table: table.name, name },
        values: values[at] ?? { count: null, estimated: false },
      })),
    ),
    truncated: counted
      .filter(({ truncated, rows }) => truncated && rows.count !== 0)
      .map(({ table, rows }) => ({ ...named(table), rows })),
    rows: [...changes.total]
      .filter(([oid, { deleted, updated }]) => tables.has(oid) && !whole.has(oid) && deleted + updated > 0)
      .map(([, change]) => change),
    notKnown,
  };
}

async function rehearse(bench: LossesBench, turns: readonly Turn[]): Promise<Rehearsal> {
  let rehearsal: Rehearsal | undefined;
  const attempt = () =>
    bench.runner.inUndoneTransaction(async (runner) => {
      rehearsal = await rehearseAll(bench, runner, turns);
    });
  try {
    await withPatience({ ...bench, attempts: ATTEMPTS }, 'the rehearsal', attempt, async () => true);
  } catch (error) {
    if (!isInTheWay(error)) throw error;
    const who = blockersOf(error).map(describeSession).join('; ') || 'another session';
    return nothingKnown(turns, `a lock was not to be had: ${who} has it`);
  }
  return rehearsal ?? nothingKnown(turns, 'it was not rehearsed');
}

function nothingKnown(turns: readonly Turn[], reason: string): Rehearsal {
  const notKnown = turns.map(({ file }) => ({ name: file, reason }));
  return { gone: [], changes: new ChangeTally(), tables: new Map(), notKnown };
}

async function rehearseAll(
  bench: LossesBench,
  runner: Pick<WorkRunner, 'inTransaction'>,
  turns: readonly Turn[],
): Promise<Rehearsal> {
  const { client } = bench;
  const tables = await readTables(client);
  const changes = new ChangeTally();
  const notKnown: Losses['notKnown'] = [];
  for (const turn of turns) {
    bench.signal?.throwIfAborted();
    const before = await readChanges(client);
    const reason = await rehearseOne(bench, runner, turn);
    if (reason === undefined) changes.add(before, await readChanges(client));
    else notKnown.push({ name: turn.file, reason });
  }
  return { gone: await readGone(client, tables), changes, tables, notKnown };
}

/** @returns why it cannot be rehearsed; those after it go on as if it had done nothing */
async function rehearseOne(
  { client, session, signal }: LossesBench,
  runner: Pick<WorkRunner, 'inTransaction'>,
  { step }: Turn,
): Promise<string | undefined> {
  await client.query('savepoint tenantctl_rehearsal');
  try {
    await client.query(`set local statement_timeout = '${STATEMENT_TIMEOUT}'`);
    const around = confined(step.transaction ? (_, send) => send() : leaveOutConcurrent);
    await runner.inTransaction(
      step.work,
      async (run) => {
        await run();
        await session.restore();
      },
      { each: around },
    );
    return undefined;
  } catch (error) {
    if (signal?.aborted || isConnectionLost(error) || isInTheWay(error)) throw error;
    await client.query('rollback to savepoint tenantctl_rehearsal');
    return error instanceof Error ? error.message : String(error);
  }
}

/** Indexes hold nothing of their own, and these cannot be built or dropped in a transaction. */
const leaveOutConcurrent: Around = async ({ text }, send) => {
  const { concurrent } = await kindOfStatement(text);
  return concurrent ? { command: '', rowCount: 0, rows: [], fields: [] } : send();
};
