import { isPooled, withLoss } from '../../postgres/connect.js';
import { isConnectionLost } from '../../postgres/errors.js';
import { LateFailure } from '../../postgres/open-transaction.js';
import { reclaim } from '../../postgres/session.js';
import { describeSession } from '../../postgres/sessions.js';
import { chainedSqlState, type Leftover, stepFailure } from '../../postgres/step-failure.js';
import type { Direction, Step } from '../files/load.js';
import { leftMark, prepareRecord } from '../ledger/record.js';
import type { Bench } from './bench.js';
import { isOfGate, passAlone, passTogether, type Segment, segmentsOf } from './gate.js';
import { blockersOf, isInTheWay, withPatience } from './patience.js';
import { pastFor, runTurn } from './run-turn.js';
import type { Turn } from './turn.js';

/**
 * Longest wait for a lock where nobody chose another. Whoever queues for one has all the readers queue behind it, so it is
 * better to try often than to wait long.
 */
export const LOCK_TIMEOUT = '1s';

/**
 * Row level security that is forced binds the owner as well: what a migration fills in under it reaches no row, and its
 * check then finds none that is left. Switched off, a query that policies would bear on is an error (PostgreSQL 9.5+).
 */
export const NO_SILENT_POLICIES = { row_security: 'off' };

/**
 * Runs migrations one after another.
 *
 * @param finished called after each with its milliseconds; after all that share a transaction, where some do
 * @param partial what is to be told where one fails: the JSON document's fields so far
 * @throws TenantctlError as stepFailure says, or GateRefusal; the later ones are then not begun
 */
export async function runTurns(
  bench: Bench,
  direction: Direction,
  turns: readonly Turn[],
  finished: (turn: Turn, durationMs: number) => void,
  partial: () => object,
): Promise<void> {
  const total = turns.length;
  const run: Run = { turns, current: turns[0], done: [], kept: [], prepared: false };
  const keep = () => {
    for (const { turn, durationMs } of run.done.splice(0)) {
      run.kept.push(turn.file);
      finished(turn, durationMs);
    }
  };
  let together = false;
  try {
    for (const segment of segmentsFor(bench, turns)) {
      together = segment.together;
      if (together) await allTogether(bench, direction, segment.turns, run);
      else await oneByOne(bench, direction, segment.turns, run, keep);
      keep();
    }
  } catch (error) {
    if (!run.current || isOfGate(error)) throw error;
    const { step, file } = run.current;
    const { path } = step.source;
    const left = await leftover(bench, step, error);
    throw stepFailure(withLoss(bench.client, error), {
      ...WORDS[direction](file),
      ...{ path, left, before: run.kept, unflushed: true, together, signal: bench.signal },
      withoutTransaction: withoutTransaction(path, direction),
      blockers: blockersOf(error).map(describeSession),
      partial: { ...partial(), failed: { name: file, left } },
    });
  }
  bench.onEvent({ kind: 'progress', task: 'done', done: total, total, unit: 'migrations' });
}

/** How far a run has come. */
interface Run {
  turns: readonly Turn[];
  current: Turn | undefined;
  /** What has run and is not committed yet, or not told of. */
  done: { turn: Turn; durationMs: number }[];
  /** The files that are committed. */
  kept: string[];
  /** What records a file is prepared in this session. */
  prepared: boolean;
}

function segmentsFor({ together, gate }: Bench, turns: readonly Turn[]): Segment[] {
  if (together) return [{ turns, together }];
  return gate ? segmentsOf(turns) : [{ turns, together: false }];
}

async function oneByOne(
  bench: Bench,
  direction: Direction,
  turns: readonly Turn[],
  run: Run,
  keep: () => void,
): Promise<void> {
  run.prepared = await prepare(bench, direction, turns);
  const pass = (turn: Turn, follower: Turn | undefined) => {
    const each = async () => {
      await next(bench, direction, turn, run, keep, follower?.step.transaction);
      if (!turn.step.transaction) await bench.watch?.committed(turn);
    };
    return bench.gate ? passAlone(bench.gate, bench.client, turn, each) : each();
  };
  for (const [at, turn] of turns.entries()) {
    const follower = turns[at + 1];
    try {
      await pass(turn, follower);
    } catch (error) {
      // Of a file that failed at its commit the next one hears. For a lock, or where the session has forgotten what was
      // prepared, it is run again, and waited for this time.
      const before = error instanceof LateFailure ? turns[at - 1] : undefined;
      const failure = error instanceof LateFailure ? error.failure : error;
      const failed = before ?? turn;
      run.current = failed;
      const forgotten = run.prepared && isForgotten(failure);
      if (forgotten) run.prepared = false;
      else if (!before || !isInTheWay(failure)) throw failure;
      if (!failed.step.transaction || (await leftMark(bench.client, bench.ledger, failed.step.source.name)))
        throw failure;
      await pass(failed, undefined);
      if (before) await pass(turn, follower);
    }
  }
}

/** Behind a pooler the next session would find it prepared. */
async function prepare(
  { client, ledger }: Bench,
  direction: Direction,
  turns: readonly Turn[],
): Promise<boolean> {
  if (direction === 'down' || turns.length < WORTH_PREPARING || isPooled(client)) return false;
  await client.query(prepareRecord(ledger));
  return true;
}

/** As many files, since its first runs are planned as ever. */
const WORTH_PREPARING = 10;

/** 26000 invalid_sql_statement_name: a file has had the session forget what was prepared, by DEALLOCATE or DISCARD. */
function isForgotten(error: unknown): boolean {
  return chainedSqlState(error) === '26000';
}

/**
 * @param done called once it has run, and is committed unless others share its transaction; where another one follows it,
 *   that may be after this has come back
 */
async function next(
  bench: Bench,
  direction: Direction,
  turn: Turn,
  run: Run,
  done: () => void = () => {},
  follows = false,
): Promise<void> {
  run.current = turn;
  const progress = { done: run.turns.indexOf(turn), total: run.turns.length, unit: 'migrations' };
  bench.onEvent({ kind: 'progress', task: turn.file, ...progress });
  if (turn.partWay) bench.onEvent({ kind: 'warning', text: describePartWay(turn, direction) });
  if (!turn.step.transaction) bench.signal?.throwIfAborted();
  const took = (durationMs: number) => {
    run.done.push({ turn, durationMs });
    done();
  };
  await runTurn(bench, direction, turn, { done: took, follows, prepared: run.prepared });
}

/** One transaction; where a lock is in the way of any of them, all of them are tried again. */
async function allTogether(
  bench: Bench,
  direction: Direction,
  turns: readonly Turn[],
  run: Run,
): Promise<void> {
  const { gate, client } = bench;
  const attempt = () => {
    run.done = [];
    return bench.runner.inOneTransaction(async (runner) => {
      const inner = { ...bench, runner: { ...bench.runner, ...runner }, lockAttempts: 1 };
      await passTogether(gate, client, turns, (turn) => next(inner, direction, turn, run));
    });
  };
  const repeatable = async () => {
    const marks = turns.map(
      ({ step }) =>
        () =>
          leftMark(bench.client, bench.ledger, step.source.name),
    );
    for (const left of marks) if (await left()) return false;
    return true;
  };
  const what = turns.length === run.turns.length ? 'the whole run' : turns.map(({ file }) => file).join(', ');
  await withPatience({ ...bench, attempts: bench.lockAttempts }, what, attempt, repeatable);
}

function describePartWay(turn: Turn, direction: Direction): string {
  const past = pastFor(turn, direction);
  const how = past
    ? `goes on; statements that are finished: ${past.finished.length}`
    : `now runs ${direction} from its start`;
  return `${turn.file} was begun before (${turn.partWay}) and stopped part way: it ${how}`;
}

/** What a failed step left. The database tells: its mark is there only where something of it was committed. */
async function leftover(bench: Bench, step: Step, error: unknown): Promise<Leftover> {
  if (isConnectionLost(error)) return 'unknown';
  try {
    // It may have failed in a role that is not let see.
    await reclaim(bench.client);
    return (await leftMark(bench.client, bench.ledger, step.source.name)) ? 'part' : 'nothing';
  } catch {
    return 'unknown';
  }
}

const WORDS: Record<Direction, (file: string) => { act: string; command: string }> = {
  up: (file) => ({ act: `apply ${file}`, command: 'tenantctl migrate' }),
  down: (file) => ({ act: `roll back ${file}`, command: 'tenantctl rollback' }),
};

/** How a file says that it is to run outside a transaction. */
export function withoutTransaction(path: string, direction: Direction): string {
  return path.endsWith('.sql')
    ? `-- migrate:${direction} transaction:false   has the file run outside a transaction`
    : 'export const config = { transaction: false }   has the file run outside a transaction';
}
