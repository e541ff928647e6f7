import type { Client } from '../../../postgres/connect.js';
import { openPipeline } from '../../../postgres/pipeline.js';
import { loadSequence } from '../../../postgres/sequence.js';
import type { ContextConfig } from '../../../tenancy/config.js';
import { contextStatements } from '../../../tenancy/context.js';
import { onceForText } from '../../once.js';
import { type Attempt, type Refusal, refusalOf, type Statement } from './attempt.js';
import { type Frame, forgetPrepared, OWN_TRANSACTION } from './frame.js';
import { statementNames } from './names.js';

/**
 * The one transaction in which everything is tried, and which is always rolled back. Statements are sent at once, in the
 * order of the calls: who does not need an answer to go on asks the next question before it comes.
 */
export interface ProbeSession {
  /** Speaks in a tenant's context, which is set each time; undefined: in that of what was kept last. */
  as(tenant: string | undefined): TenantSession;
  /** What sets a tenant's context, to be said among other statements. */
  contextOf(tenant: string): readonly Statement[];
  /**
   * Whether from now on a statement that is said again, in whichever context, is run by the plan that was made the first
   * time; so are those of foreign keys. Only where contexts say nothing to a plan (see world/plans.ts).
   */
  reusePlans(on: boolean): Promise<void>;
  /** Takes back everything. */
  end(): Promise<void>;
}

/** What is said here is said in one tenant's context. Where that cannot be set, every answer is the reason. */
export interface TenantSession extends TrialSession {
  /** Why the context cannot be set, as the application would. */
  refused(): Promise<Refusal | undefined>;
  /** Runs a statement, and keeps what it did until the end of the transaction, and the context until something else is kept. */
  keep(statement: Statement): Promise<Attempt>;
}

/** What is tried in one tenant's context, and taken back. */
export interface TrialSession {
  /** Runs a statement and takes back what it did. */
  attempt(statement: Statement): Promise<Attempt>;
  /** Runs statements one after the other, up to the first that fails, and then takes back what they did. */
  attemptAll(statements: readonly Statement[]): Promise<Attempt[]>;
  /**
   * Runs writes one after the other, looks at what they did as another tenant, and takes it back. Where one fails there is
   * nothing to be seen but that.
   */
  attemptSeenBy(
    writes: readonly Statement[],
    tenant: string,
    look: Statement,
  ): Promise<{ attempts: Attempt[]; seen: Attempt }>;
}

/** How a reason begins where the context itself is refused. */
export const NO_CONTEXT = 'the context cannot be set';

/** A setting that counts the rows which a write without conditions reaches; empty again when the write is taken back. */
export const REACHED = 'tenantctl.reached';

const SAVEPOINT = 'tenantctl_probe';
const TAKE_BACK: Statement = { text: `rollback to savepoint ${SAVEPOINT}`, name: 'take back' };
/**
 * A subtransaction knows by itself the locks that it took, if they are few; else the server searches, at its end, all that
 * the whole transaction holds. So what is done at the end of much else is given one of its own, which goes with the other.
 */
const APART: Statement = { text: `savepoint ${SAVEPOINT}_look`, name: 'look' };
const MOVE_ON: readonly Statement[] = [
  { text: `release savepoint ${SAVEPOINT}`, name: 'release' },
  { text: `savepoint ${SAVEPOINT}`, name: 'savepoint' },
];

/**
 * Begins the transaction of the probes on a connection of the app's login, or within that of whoever lends his. Locks and
 * statements are bounded, and deferred constraints are checked at once: a crossing must not wait for a COMMIT that never
 * comes.
 *
 * @throws what the connection throws; SQL errors of what is tried are answers
 */
export async function openSession(
  client: Client,
  context: ContextConfig,
  signal: AbortSignal | undefined,
  frame: Frame = OWN_TRANSACTION,
): Promise<ProbeSession> {
  const [statementsFor, runSequence] = await Promise.all([contextStatements(context), loadSequence()]);
  const { send, close } = openPipeline(client);
  const { named, reuse, given } = statementNames();
  /** A plain setting is set more often than anything else is said. */
  const contextOf = onceForText((tenant): readonly Statement[] => {
    const [first, ...others] = statementsFor(tenant);
    return 'setting' in context && first ? [{ ...first, name: 'context' }, ...others] : statementsFor(tenant);
  });
  await client.query(`${frame.begin}; ${SETTINGS}`);
  /** Why the savepoint is gone: then nothing that follows would be taken back. */
  let broken: unknown;
  let unanswered = 0;

  /**
   * Runs statements one after the other, up to the first that fails, from where `keep` left off: each time what came
   * before is taken back first. That of the last one does not wait for a next one, lest its locks stand in somebody's way.
   */
  const say = async (statements: readonly Statement[]): Promise<Attempt[]> => {
    signal?.throwIfAborted();
    if (broken !== undefined) throw broken;
    unanswered += 1;
    const sent = [TAKE_BACK, ...statements].map(named);
    const { answers, error } = await send((free) => runSequence(free, sent));
    unanswered -= 1;
    if (unanswered === 0) {
      const undone = send((free) => runSequence(free, [{ text: TAKE_BACK.text }])).catch(() => {});
      // There its lender may be the next to speak.
      if (frame.lent) await undone;
    }
    signal?.throwIfAborted();
    if (answers.length === 0) {
      broken ??= error;
      throw broken;
    }
    const attempts = answers.slice(1).map((answer): Attempt => ({ ok: true, ...answer }));
    return error === undefined ? attempts : [...attempts, refusalOf(error)];
  };

  // What a plain setting took once it takes again. A statement may look at rows.
  const accepted = new Set<string>();

  const as = (tenant: string | undefined): TenantSession => {
    const become = tenant === undefined ? [] : contextOf(tenant);
    /** Here the context goes back with everything else. Where it is refused, nothing else is run. */
    const sayHere = async (statements: readonly Statement[]) => {
      const attempts = await say([...become, ...statements]);
      const refusal = attempts.slice(0, become.length).find((attempt) => !attempt.ok);
      if (!refusal && tenant !== undefined && 'setting' in context) accepted.add(tenant);
      return { refusal, attempts: attempts.slice(become.length) };
    };
    const attemptAll = async (statements: readonly Statement[]): Promise<Attempt[]> => {
      const { refusal, attempts } = await sayHere(statements);
      return refusal ? statements.map(() => refusal) : attempts;
    };
    return {
      refused: async () =>
        tenant === undefined || accepted.has(tenant) ? undefined : (await sayHere([])).refusal,
      attemptAll,
      attempt: async (statement) => answerAt(await attemptAll([statement]), 0),
      keep: async (statement) => {
        const attempts = await attemptAll([statement, ...MOVE_ON]);
        return attempts.find(({ ok }) => !ok) ?? answerAt(attempts, 0);
      },
      attemptSeenBy: async (writes, other, look) => {
        const attempts = await attemptAll([...writes, APART, ...contextOf(other), look]);
        return { attempts: attempts.slice(0, writes.length), seen: answerAt(attempts, -1) };
      },
    };
  };
  let reused = false;
  const reusePlans = async (on: boolean) => {
    if (on === reused) return;
    reused = on;
    const mode = on ? 'force_generic_plan' : 'default';
    await as(undefined).keep({ text: `set local plan_cache_mode = ${mode}` });
    reuse(on);
  };
  const end = async () => {
    // Where the work was broken off, the rest of it must not come after the end, when nothing takes it back.
    await close();
    const undone = client.query(frame.end);
    // Nobody else's transaction goes on; on a lost connection the server rolls back by itself.
    if (!frame.lent) await undone.catch(() => {});
    else await undone.then(() => forgetPrepared(client, given()));
  };
  return { as, contextOf, reusePlans, end };
}

/** `idle_in_transaction_session_timeout`: should this process be stopped, its locks are not held for long. */
const SETTINGS = `
  set local lock_timeout = '2s';
  set local statement_timeout = '30s';
  set local idle_in_transaction_session_timeout = '60s';
  set local ${REACHED} = '';
  set constraints all immediate;
  savepoint ${SAVEPOINT}`;

function answerAt(attempts: readonly Attempt[], index: number): Attempt {
  const answer = attempts.at(index);
  if (!answer) throw new Error('what is said is answered, up to what is refused');
  return answer;
}
