import type { Client } from '../../postgres/connect.js';
import { isConnectionLost, sqlState } from '../../postgres/errors.js';
import type { ContextConfig } from '../../tenancy/config.js';
import { setContext } from '../../tenancy/context.js';

export interface Statement {
  text: string;
  values?: readonly (string | null)[] | undefined;
  /** The statement as a report shows it, where `text` has a guard of ours in it. */
  shown?: string | undefined;
  /** Prepared under this name, once per session, so that its plan is reused. */
  name?: string | undefined;
}

export interface Answer {
  ok: true;
  /** Every value as PostgreSQL writes it. */
  rows: (string | null)[][];
  /** Rows returned, or rows changed. */
  count: number;
}

export interface Refusal {
  ok: false;
  sqlstate: string;
  message: string;
  constraint: string | undefined;
  column: string | undefined;
  /** 42501: whether a policy's WITH CHECK said no, or a privilege is missing. */
  byPolicy: boolean;
}

export type Attempt = Answer | Refusal;

/** The one transaction in which everything is tried, and which is always rolled back. */
export interface ProbeSession {
  /** Runs a statement; where it fails, only itself is taken back. For statements that change nothing. */
  read(statement: Statement): Promise<Attempt>;
  /** Runs a statement and takes back what it did. */
  attempt(statement: Statement): Promise<Attempt>;
  /** Runs a statement, and keeps what it did until the end of the transaction. */
  keep(statement: Statement): Promise<Attempt>;
  /**
   * Runs a write, looks at what it did as another tenant, and takes it back. There is nothing to look at where it
   * changed no row, save where a trigger or rule of the relation may have done something else (`always`).
   */
  attemptSeenBy(
    write: Statement,
    tenant: string,
    look: Statement,
    always: boolean,
  ): Promise<[Attempt, Attempt | undefined]>;
  /** Sets the context, as the application would. A refusal leaves the context as it was. */
  become(tenant: string): Promise<Refusal | undefined>;
}

const SAVEPOINT = 'tenantctl_probe';

/**
 * Begins the transaction of the probes on a connection of the app's login. Locks and statements are bounded, and deferred
 * constraints are checked at once: a crossing must not wait for a COMMIT that never comes.
 *
 * @throws what the connection throws; SQL errors of what is tried are answers
 */
export async function openSession(
  client: Client,
  context: ContextConfig,
  signal: AbortSignal | undefined,
): Promise<ProbeSession> {
  await client.query(BEGIN);
  let current: string | undefined;

  const run = async (statement: Statement): Promise<Attempt> => {
    signal?.throwIfAborted();
    try {
      return await query(client, statement);
    } catch (error) {
      signal?.throwIfAborted();
      return refusalOf(error);
    }
  };
  const takeBack = () => client.query(`rollback to savepoint ${SAVEPOINT}`);
  const settle = async (attempt: Attempt) => {
    if (attempt.ok) await client.query(`release savepoint ${SAVEPOINT}; savepoint ${SAVEPOINT}`);
    else await takeBack();
  };
  const setTenant = async (tenant: string): Promise<Refusal | undefined> => {
    signal?.throwIfAborted();
    try {
      await setContext(client, context, tenant);
      return undefined;
    } catch (error) {
      signal?.throwIfAborted();
      return refusalOf(error);
    }
  };

  return {
    read: async (statement) => {
      const attempt = await run(statement);
      if (!attempt.ok) await takeBack();
      return attempt;
    },
    attempt: async (statement) => {
      const attempt = await run(statement);
      await takeBack();
      return attempt;
    },
    keep: async (statement) => {
      const attempt = await run(statement);
      await settle(attempt);
      return attempt;
    },
    attemptSeenBy: async (write, tenant, look, always) => {
      const attempt = await run(write);
      if (attempt.ok && attempt.count === 0 && !always) return [attempt, undefined];
      const refused = attempt.ok ? await setTenant(tenant) : undefined;
      const seen = attempt.ok ? (refused ?? (await run(look))) : undefined;
      // The context goes back with everything else.
      await takeBack();
      return [attempt, seen];
    },
    become: async (tenant) => {
      if (tenant === current) return undefined;
      const refusal = await setTenant(tenant);
      await settle(refusal ?? { ok: true, rows: [], count: 0 });
      if (!refusal) current = tenant;
      return refusal;
    },
  };
}

/** `idle_in_transaction_session_timeout`: should this process be stopped, its locks are not held for long. */
const BEGIN = `begin;
  set local lock_timeout = '2s';
  set local statement_timeout = '30s';
  set local idle_in_transaction_session_timeout = '60s';
  set constraints all immediate;
  savepoint ${SAVEPOINT}`;

async function query(client: Client, { text, values, name }: Statement): Promise<Answer> {
  const result = await client.query<(string | null)[]>({
    text,
    ...(values && { values: [...values] }),
    ...(name !== undefined && { name }),
    rowMode: 'array',
    // Values are compared as PostgreSQL writes them: a bigint or a timestamp must not pass through a JS number or Date.
    types: { getTypeParser: () => (value: unknown) => value },
  });
  return { ok: true, rows: result.rows, count: result.rowCount ?? 0 };
}

/** Reads an SQL error as an answer; what is none is passed on. */
export function refusalOf(error: unknown): Refusal {
  const sqlstate = sqlState(error);
  if (sqlstate === undefined || isConnectionLost(error)) throw error;
  const { message, constraint, column, routine } = error as {
    message: string;
    constraint?: string;
    column?: string;
    routine?: string;
  };
  // Both are 42501; the message is translated, the server's function that raised it is not.
  const byPolicy = sqlstate === '42501' && routine === 'ExecWithCheckOptions';
  return { ok: false, sqlstate, message, constraint, column, byPolicy };
}
