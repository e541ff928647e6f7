import type { OnEvent } from '../../events.js';
import { type Around, nested } from '../../postgres/around.js';
import { type Client, withLoss } from '../../postgres/connect.js';
import type { Database } from '../../postgres/database.js';
import type { Session } from '../../postgres/session.js';
import { describeSession } from '../../postgres/sessions.js';
import { transactionControl } from '../../postgres/statement-kind.js';
import { stepFailure } from '../../postgres/step-failure.js';
import { describeIdle, type WorkRunner } from '../../postgres/work.js';
import { startStopwatch } from '../../stopwatch.js';
import { type Gate, GateRefusal, isOfGate, passTogether } from './gate.js';
import { LockWatch, type TableLock, type TakenLock, tableSizes } from './locks.js';
import { blockersOf, withPatience } from './patience.js';
import { withoutTransaction } from './run.js';
import type { Turn } from './turn.js';
import type { Watch } from './watch.js';

/** What a file did in a rehearsal. */
export interface RehearsedFile {
  name: string;
  durationMs: number;
  statements: RehearsedStatement[];
}

export interface RehearsedStatement {
  statement: string;
  durationMs: number;
  /** On tables that were there before: what this statement came to hold, beyond what was held already. */
  locks: TableLock[];
}

export interface Rehearsal {
  rehearsed: RehearsedFile[];
  notExecuted: { name: string; reason: string }[];
}

export interface RehearsalBench {
  database: Database;
  client: Client;
  session: Session;
  runner: WorkRunner;
  lockAttempts: number;
  watch?: Watch | undefined;
  /** Judges what the files made, before it is rolled back. */
  gate?: Gate | undefined;
  onEvent: OnEvent;
  signal?: AbortSignal | undefined;
}

/** As long as it is not known what the tables are that were locked. */
interface Draft extends Omit<RehearsedFile, 'statements'> {
  statements: (Omit<RehearsedStatement, 'locks'> & { locks: TakenLock[] })[];
}

/**
 * Executes migrations in one transaction, as they would be executed, and rolls it back: without the ledger's rows, so that
 * nothing is written that the files do not write themselves. It ends before the first file that cannot run in a transaction.
 *
 * @param partial the JSON document's fields where one fails
 * @throws TenantctlError as stepFailure says, for the first file that fails
 */
export async function rehearse(
  bench: RehearsalBench,
  turns: readonly Turn[],
  partial: () => object,
): Promise<Rehearsal> {
  const outside = turns.findIndex(({ step }) => !step.transaction);
  const run = outside === -1 ? turns : turns.slice(0, outside);
  const notExecuted = turns.slice(run.length).map(({ file, step }) => ({
    name: file,
    reason: step.transaction ? `comes after ${turns[outside]?.file}` : 'runs outside a transaction',
  }));
  const drafts = await rehearseTogether(bench, run, partial);
  const oids = drafts.flatMap(({ statements }) =>
    statements.flatMap(({ locks }) => locks.map(({ oid }) => oid)),
  );
  const patience = { ...bench, attempts: bench.lockAttempts };
  const sizes = await withPatience(
    patience,
    'the sizes of tables',
    () => tableSizes(bench.client, oids),
    REPEATABLE,
  );
  const settle = ({ oid, mode }: TakenLock): TableLock[] => {
    const size = sizes.get(oid);
    return size ? [{ relation: size.relation, mode, bytes: size.bytes, rows: size.rows }] : [];
  };
  const rehearsed = drafts.map((file) => ({
    ...file,
    statements: file.statements.map((each) => ({ ...each, locks: each.locks.flatMap(settle) })),
  }));
  return { rehearsed, notExecuted };
}

const REPEATABLE = async () => true;

async function rehearseTogether(
  bench: RehearsalBench,
  turns: readonly Turn[],
  partial: () => object,
): Promise<Draft[]> {
  if (turns.length === 0) return [];
  let drafts: Draft[] = [];
  let current = turns[0];
  const attempt = () => {
    drafts = [];
    return bench.runner.inUndoneTransaction(async (runner) => {
      const locks = await LockWatch.begin(bench.client);
      const each = async (turn: Turn) => {
        current = turn;
        const progress = { done: drafts.length, total: turns.length };
        drafts.push(await rehearseFile(bench, runner, locks, turn, progress));
      };
      await passTogether(bench.gate, bench.client, turns, each);
    });
  };
  try {
    await withPatience({ ...bench, attempts: bench.lockAttempts }, 'the dry run', attempt, REPEATABLE);
  } catch (error) {
    // All of it is rolled back anyway.
    if (error instanceof GateRefusal) return drafts;
    if (!current || isOfGate(error)) throw error;
    throw stepFailure(withLoss(bench.client, error), {
      act: `rehearse ${current.file}`,
      command: 'tenantctl migrate --dry-run',
      ...{
        path: current.step.source.path,
        left: 'nothing',
        together: true,
        before: [],
        signal: bench.signal,
      },
      withoutTransaction: withoutTransaction(current.step.source.path, 'up'),
      blockers: blockersOf(error).map(describeSession),
      partial: { ...partial(), failed: { name: current.file, left: 'nothing' } },
    });
  }
  return drafts;
}

async function rehearseFile(
  { session, watch, onEvent, signal }: RehearsalBench,
  runner: Pick<WorkRunner, 'inTransaction'>,
  locks: LockWatch,
  turn: Turn,
  progress: { done: number; total: number },
): Promise<Draft> {
  onEvent({ kind: 'progress', task: turn.file, ...progress, unit: 'migrations' });
  signal?.throwIfAborted();
  const draft: Draft = { name: turn.file, durationMs: 0, statements: [] };
  const took = startStopwatch();
  const note = noted(draft, locks);
  const around = confined(watch ? nested(await watch.begin(turn), note) : note);
  await runner.inTransaction(
    turn.step.work,
    async (run) => {
      if ((await run()) === 0) onEvent({ kind: 'warning', text: describeIdle(turn.file) });
      await session.restore();
      await watch?.statementsDone(turn, session);
    },
    { each: around },
  );
  draft.durationMs = Math.round(took());
  return draft;
}

/** What would end the transaction is not sent: nothing of a rehearsal may stay. knex's savepoints are none of the file's. */
export function confined(within: Around): Around {
  return async (statement, send) => {
    const control = await transactionControl(statement.text);
    if (control === 'savepoint') return send();
    if (control === undefined) return within(statement, send);
    const text = JSON.stringify(statement.text.trim());
    throw new Error(`it sends ${text}, and so ends by itself the transaction that a dry run rolls back`);
  };
}

function noted(draft: Draft, locks: LockWatch): Around {
  return async ({ text }, send) => {
    const took = startStopwatch();
    const answer = await send();
    const durationMs = Math.round(took() * 10) / 10;
    draft.statements.push({ statement: text.trim(), durationMs, locks: await locks.look() });
    return answer;
  };
}
