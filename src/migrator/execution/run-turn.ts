import { holdsLock } from '../../postgres/advisory-lock.js';
import { nested } from '../../postgres/around.js';
import { type Client, isPooled } from '../../postgres/connect.js';
import { pooledError } from '../../postgres/pooler.js';
import { describeIdle } from '../../postgres/work.js';
import { startStopwatch } from '../../stopwatch.js';
import type { Direction } from '../files/load.js';
import type { Ledger } from '../ledger/ledger.js';
import { NO_PAST, type Past } from '../ledger/memory.js';
import { noteBeforeOwnEnd } from '../ledger/own-end.js';
import {
  appliedRecord,
  type LogEntry,
  leftMark,
  preparedRecord,
  revertedRecord,
  startRecord,
} from '../ledger/record.js';
import { migrationLockKey } from '../lock/lock.js';
import type { Bench } from './bench.js';
import { keepJournal } from './journal.js';
import { withPatience } from './patience.js';
import type { Turn } from './turn.js';

/**
 * Runs one migration and records it: in one transaction with it, or, where it runs outside one, with a mark committed
 * before, which a crash leaves to be seen.
 *
 * @param done called with its milliseconds
 * @param follows whether another one in a transaction is run right after it, whose code need not wait for the commit
 * @param prepared whether what records it is prepared, and it may be run again where that is forgotten
 */
export async function runTurn(
  bench: Bench,
  direction: Direction,
  turn: Turn,
  { done, follows, prepared }: { done: (durationMs: number) => void; follows: boolean; prepared: boolean },
): Promise<void> {
  const { client, ledger, session, runner, watch } = bench;
  const { source, checksum, work, transaction } = turn.step;
  const { name, file } = source;
  const entry: LogEntry = { name, file, batch: turn.batch, checksum, rowId: turn.ids.at(-1) };
  const past = pastFor(turn, direction);
  const patience = { ...bench, attempts: bench.lockAttempts };
  const elapsed = startStopwatch();
  const took = () => Math.round(elapsed());
  const state = direction === 'up' ? 'started' : 'reverting';
  const mark = startRecord(ledger, state, entry, past !== undefined);
  const record = (statements: number): string => {
    if (direction === 'down') return revertedRecord(ledger, name, turn.ids);
    const applied = { ...entry, statements, durationMs: took() };
    if (prepared && transaction && turn.ids.length === 0) return preparedRecord(applied);
    return appliedRecord(ledger, applied, turn.ids);
  };
  /** @returns SQL that records it */
  const through = async (run: () => Promise<number>): Promise<string> => {
    await requireLock(client, ledger);
    const statements = await run();
    if (statements === 0) bench.onEvent({ kind: 'warning', text: describeIdle(file) });
    await watch?.statementsDone(turn, session);
    // What the file has SET, a role above all, is not for the record nor for the next file.
    return `${session.restoration()}; ${record(statements)}`;
  };
  if (!transaction) {
    const journal = { ...patience, name, kind: work.kind, checksum, past: past ?? NO_PAST };
    const each = nested(keepJournal(journal), await watch?.begin(turn));
    const run = async () => {
      await client.query(mark);
      return runner.plainly(work, each);
    };
    await client.query(await through(run));
    return done(took());
  }
  const repeatable = async () => !(await leftMark(client, ledger, name));
  const attempt = async () => {
    const each = nested(noteBeforeOwnEnd(client, mark), await watch?.begin(turn));
    const around = async (run: () => Promise<number>, last: (sql: string) => void) =>
      last(`${await through(run)}; ${COMMIT_WITHOUT_WAITING}`);
    await runner.inTransaction(work, around, { each, follows, done: () => done(took()) });
  };
  await withPatience(patience, file, attempt, repeatable);
}

/**
 * A file in a transaction need not wait for the disk, as the commit does that lets go of knex's lock once the run is over,
 * whether it failed or not: the log is written in order, so that one makes all before it durable, on standbys too, and
 * only after it is anything reported. So does each commit of a file outside a transaction, and of any application that
 * has seen the new schema. Should the server itself crash meanwhile, it may lose the last files, each with its record:
 * they are then pending, and the report of a run whose connection was lost says so. What role and connection say of
 * synchronous_commit holds for that last commit.
 */
const COMMIT_WITHOUT_WAITING = 'set local synchronous_commit = off';

/** What of it is done already: where it goes on in the direction in which it was begun, still outside a transaction. */
export function pastFor({ step, partWay, past }: Turn, direction: Direction): Past | undefined {
  return partWay === direction && !step.transaction ? past : undefined;
}

/** A pooler may have passed for one in session mode; in this transaction, the session is sure. */
async function requireLock(client: Client, ledger: Ledger): Promise<void> {
  if (isPooled(client) && !(await holdsLock(client, migrationLockKey(ledger)))) throw pooledError();
}
