import type { Client } from '../../postgres/connect.js';
import { openPipeline, type Send } from '../../postgres/pipeline.js';
import type { ContextConfig } from '../../tenancy/config.js';
import { contextStatements } from '../../tenancy/context.js';
import { type Answer, type Attempt, type Refusal, refusalOf, type Statement } from './attempt.js';
import { type Frame, forgetPrepared, OWN_TRANSACTION } from './frame.js';

/**
 * The one transaction in which everything is tried, and which is always rolled back. Statements are sent at once, in the
 * order of the calls: who does not need an answer to go on asks the next question before it comes.
 */
export interface ProbeSession {
  /** Speaks in a tenant's context, which is set whenever another one is; undefined: in whichever there is. */
  as(tenant: string | undefined): TenantSession;
  /** What sets a tenant's context, to be said among other statements. */
  contextOf(tenant: string): readonly Statement[];
  /** Takes back everything. */
  end(): Promise<void>;
}

/** What is said here is said in one tenant's context. Where that cannot be set, every answer is the reason. */
export interface TenantSession extends TrialSession {
  /** Sets the context, as the application would. A refusal leaves the context as it was. */
  refused(): Promise<Refusal | undefined>;
  /** Runs a statement, and keeps what it did until the end of the transaction. */
  keep(statement: Statement): Promise<Attempt>;
}

/** What is tried in one tenant's context, and taken back. */
export interface TrialSession {
  /** Runs a statement and takes back what it did. */
  attempt(statement: Statement): Promise<Attempt>;
  /** Runs statements one after the other and then takes back what they did. After one that fails the others do, too. */
  attemptAll(statements: readonly Statement[]): Promise<Attempt[]>;
  /** Runs writes one after the other, looks at what they did as another tenant, and takes it back. */
  attemptSeenBy(
    writes: readonly Statement[],
    tenant: string,
    look: Statement,
  ): Promise<{ attempts: Attempt[]; seen: Attempt }>;
}

/** How a reason begins where the context itself is refused. */
export const NO_CONTEXT = 'the context cannot be set';

/** A setting that counts the rows which a write without conditions reaches; 0 again when the write is taken back. */
export const REACHED = 'tenantctl.reached';

/** Opened by this process so far. */
let sessions = 0;

const SAVEPOINT = 'tenantctl_probe';
const TAKE_BACK: Statement = { text: `rollback to savepoint ${SAVEPOINT}` };
const MOVE_ON: Statement = { text: `release savepoint ${SAVEPOINT}; savepoint ${SAVEPOINT}` };

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
  const statementsFor = await contextStatements(context);
  const { send, close } = openPipeline(client);
  const session = ++sessions;
  const prepared = new Map<string, string>();
  /** By a name of this session's alone: the plan must not be one that an earlier session left on the connection. */
  const named = (statement: Statement): Statement => {
    if (statement.name === undefined) return statement;
    const name = prepared.get(statement.name) ?? `tenantctl ${session} ${statement.name}`;
    prepared.set(statement.name, name);
    return { ...statement, name };
  };
  await client.query(`${frame.begin}; ${SETTINGS}`);
  let current: { tenant: string; refused: Promise<Refusal | undefined> } | undefined;
  /** Why the savepoint is gone: then nothing that follows would be taken back. */
  let broken: unknown;

  const run = async (statement: Statement): Promise<Attempt> => {
    signal?.throwIfAborted();
    if (broken !== undefined) throw broken;
    try {
      return await query(send, named(statement));
    } catch (error) {
      signal?.throwIfAborted();
      return refusalOf(error);
    }
  };
  const takeBack = async (): Promise<void> => {
    await query(send, TAKE_BACK).catch((error: unknown) => {
      broken ??= error;
    });
  };
  /** What was done stays, unless it failed: then the savepoint is not moved, and all is taken back. */
  const settle = async (): Promise<void> => {
    const moved = query(send, MOVE_ON).catch(() => {});
    await Promise.all([moved, takeBack()]);
    if (broken !== undefined) throw broken;
  };
  // What a plain setting took once it takes again: that need not be waited for. A statement may look at rows.
  const accepted = new Set<string>();
  const setContext = async (tenant: string): Promise<Refusal | undefined> => {
    const attempts = await Promise.all(statementsFor(tenant).map(run));
    return attempts.find((attempt) => !attempt.ok);
  };
  const become = (tenant: string | undefined): Promise<Refusal | undefined> => {
    if (tenant === undefined) return Promise.resolve(undefined);
    if (current?.tenant === tenant) return current.refused;
    const setting = setContext(tenant);
    if (accepted.has(tenant)) {
      const moved = query(send, MOVE_ON);
      // Without a connection whatever comes next fails as well.
      Promise.all([setting, moved]).catch(() => {});
      current = { tenant, refused: Promise.resolve(undefined) };
      return current.refused;
    }
    const refused = Promise.all([setting, settle()]).then(([refusal]) => {
      if (refusal && current?.refused === refused) current = undefined;
      if (!refusal && 'setting' in context) accepted.add(tenant);
      return refusal;
    });
    current = { tenant, refused };
    return refused;
  };

  const as = (tenant: string | undefined): TenantSession => {
    const attemptAll = async (statements: readonly Statement[]): Promise<Attempt[]> => {
      const refused = become(tenant);
      const attempts = Promise.all(statements.map(run));
      const [refusal, answers] = await Promise.all([refused, attempts, takeBack()]);
      return refusal ? answers.map(() => refusal) : answers;
    };
    return {
      refused: () => become(tenant),
      attemptAll,
      attempt: async (statement) => {
        const [attempt] = await attemptAll([statement]);
        if (!attempt) throw new Error('attemptAll answers every statement');
        return attempt;
      },
      keep: async (statement) => {
        // Nothing may stay that was done in another context.
        const refusal = await become(tenant);
        if (refusal) return refusal;
        // Others may have spoken meanwhile.
        const [, attempt] = await Promise.all([become(tenant), run(statement), settle()]);
        return attempt;
      },
      attemptSeenBy: async (writes, other, look) => {
        const refused = become(tenant);
        const attempts = Promise.all(writes.map(run));
        const changed = setContext(other);
        const seen = run(look);
        // The context goes back with everything else.
        const all = await Promise.all([refused, attempts, changed, seen, takeBack()]);
        const refusal = all[0];
        if (refusal) return { attempts: all[1].map(() => refusal), seen: refusal };
        return { attempts: all[1], seen: all[2] ?? all[3] };
      },
    };
  };
  const end = async () => {
    // Where the work was broken off, the rest of it must not come after the end, when nothing takes it back.
    await close();
    const undone = client.query(frame.end);
    // Nobody else's transaction goes on; on a lost connection the server rolls back by itself.
    if (!frame.lent) await undone.catch(() => {});
    else await undone.then(() => forgetPrepared(client, [...prepared.values()]));
  };
  return { as, contextOf: statementsFor, end };
}

/** `idle_in_transaction_session_timeout`: should this process be stopped, its locks are not held for long. */
const SETTINGS = `
  set local lock_timeout = '2s';
  set local statement_timeout = '30s';
  set local idle_in_transaction_session_timeout = '60s';
  set local ${REACHED} = 0;
  set constraints all immediate;
  savepoint ${SAVEPOINT}`;

async function query(send: Send, { text, values, name }: Statement): Promise<Answer> {
  const result = await send((client) =>
    client.query<(string | null)[]>({
      text,
      ...(values && { values: [...values] }),
      ...(name !== undefined && { name }),
      rowMode: 'array',
      types: AS_TEXT,
    }),
  );
  return { ok: true, rows: result.rows, count: result.rowCount ?? 0 };
}

/** Values are compared as PostgreSQL writes them: a bigint or a timestamp must not pass through a JS number or Date. */
const AS_TEXT = { getTypeParser: () => (value: unknown) => value };
