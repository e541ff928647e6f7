import { type ErrorKind, type SqlErrorDetails, TenantctlError } from '../errors.js';
import {
  endsSession,
  isConnectionLost,
  kindOfSqlState,
  READ_ONLY,
  sqlErrorDetails,
  sqlState,
} from './errors.js';
import { failedStatement } from './failed-statement.js';
import { ForgottenStatements } from './loan.js';

/** What a failed step left: nothing, part of what it does, or, the connection being gone, nobody here knows. */
export type Leftover = 'nothing' | 'part' | 'unknown';

export interface FailedStep {
  /** 'apply 20250718000011_require_organization.ts'. */
  act: string;
  path: string;
  left: Leftover;
  /** The steps finished before it in this run. */
  before: readonly string[];
  /** Their commits did not wait for the disk: one that does follows, where the connection lasts. */
  unflushed?: boolean | undefined;
  /** They were in one transaction with it, and went with it. */
  together?: boolean | undefined;
  /** What runs it again: 'tenantctl migrate'. */
  command: string;
  /** What is to be done about one that stopped part way, where it cannot be gone on with. */
  afterPart?: string | undefined;
  /** How the file can be made to run outside a transaction, where it can. */
  withoutTransaction?: string;
  /** Where a lock was not to be had: who had it, 'pid 4711 (…)'. */
  blockers?: readonly string[];
  /** The JSON document's fields. */
  partial: unknown;
  signal: AbortSignal | undefined;
}

/**
 * Explains why a file of the user's failed: which, at which statement or line, what it left, and what stays.
 *
 * @returns kind: interrupted, unreachable, retry or privilege where the error says so, else step-failed or part-way
 */
export function stepFailure(error: unknown, step: FailedStep): TenantctlError {
  const chain = [...causes(error)];
  const culprit = chain.find((each) => sqlErrorDetails(each) !== undefined);
  const sql =
    culprit === undefined ? undefined : sqlErrorDetails(culprit, { file: place(culprit, step.path) });
  const kind = kindOf(chain, sql, step);
  const cause = kind === 'interrupted' ? 'a signal stopped it' : describe(error, sql, step.path);
  return new TenantctlError({
    kind,
    code: CODES[kind] ?? (step.left === 'part' ? 'PART_WAY' : 'STEP_FAILED'),
    message: `Cannot ${step.act}: ${cause}. ${LEFT[step.left]} ${whatStays(step)}`,
    hint: hintOf(chain) ?? hintFor(kind, sql, step),
    ...(sql && { sql }),
    partial: step.partial,
    cause: error,
  });
}

const LEFT: Record<Leftover, string> = {
  nothing: 'It left nothing behind.',
  part: 'It stopped part way: what it did outside a transaction stays.',
  unknown: 'The connection is gone, so whether it was finished is to be asked of the database.',
};

const CODES: Partial<Record<ErrorKind, string>> = {
  interrupted: 'INTERRUPTED',
  unreachable: 'CONNECTION_LOST',
  retry: 'LOCK_OR_TIMEOUT',
  privilege: 'PRIVILEGE',
};

function kindOf(chain: readonly unknown[], sql: SqlErrorDetails | undefined, step: FailedStep): ErrorKind {
  const cancelled = sql?.sqlstate === '57014' || chain.some((error) => nameOf(error) === 'AbortError');
  if (step.signal?.aborted && cancelled) return 'interrupted';
  if (chain.some(isConnectionLost) && !endsSession(sql?.sqlstate ?? '')) return 'unreachable';
  const own = step.left === 'part' ? 'part-way' : 'step-failed';
  // A server that only reads would not have let it come this far: the file itself has said so of its transaction.
  return sql?.sqlstate === READ_ONLY ? own : kindOfSqlState(sql?.sqlstate, own);
}

/** 42501 like a missing privilege; the message is translated, the server's function that raised it is not. */
function isBoundByPolicies(error: unknown): boolean {
  return (error as { routine?: unknown } | undefined)?.routine === 'check_enable_rls';
}

/** What can be done whatever becomes of the run. */
function hintOf(chain: readonly unknown[]): string | undefined {
  if (chain.some(isBoundByPolicies)) return BOUND_BY_POLICIES;
  return chain.some((error) => error instanceof ForgottenStatements) ? AWAIT_ALL : undefined;
}

const AWAIT_ALL =
  'await or return each promise in the file; forEach waits for none: `for (const row of rows) await …`, or `await Promise.all(rows.map(…))`';

const BOUND_BY_POLICIES =
  'as a role with BYPASSRLS, which sees every row (a superuser gives it: ALTER ROLE … BYPASSRLS); or, where the policies are to hold, `SET LOCAL row_security = on` in the file';

function hintFor(kind: ErrorKind, sql: SqlErrorDetails | undefined, step: FailedStep): string {
  // 25001: CREATE INDEX CONCURRENTLY and its like.
  if (sql?.sqlstate === '25001' && step.withoutTransaction !== undefined) return step.withoutTransaction;
  switch (kind) {
    case 'interrupted':
      return `${step.command}, which goes on from there`;
    case 'unreachable':
      return `tenantctl status, then ${step.command}`;
    case 'retry':
      return retryHint(sql?.sqlstate ?? '', step);
    case 'privilege':
      return `${step.command} as the owner of these objects, or grant the role what it lacks`;
    case 'part-way':
      return (
        step.afterPart ??
        `tenantctl status names it; mend the statement, then ${step.command} goes on with it`
      );
    default:
      return `mend the file, then ${step.command}`;
  }
}

function retryHint(sqlstate: string, { command, blockers }: FailedStep): string {
  if (sqlstate === '57014') {
    return `\`SET statement_timeout = 0\` (or longer) before it in the file, where that was it: SHOW statement_timeout; else ${command} once more`;
  }
  if (endsSession(sqlstate)) {
    const setting = sqlstate === '25P03' ? 'idle_in_transaction_session_timeout' : 'transaction_timeout';
    return `a longer ${setting}: \`SET LOCAL ${setting} = 0\` first thing in the file, or ALTER ROLE`;
  }
  if (sqlstate.startsWith('53')) return `${command} once more, when the server has what it was out of`;
  return `${command} once more, when ${blockers?.join('; ') || 'the session that is in the way'} is done`;
}

function whatStays({ before, together, left, unflushed }: FailedStep): string {
  const unless = unflushed && left === 'unknown' ? ', unless the server crashed and lost the last of it' : '';
  const stays = `stays: ${before.join(', ')}${unless}.`;
  if (together && before.length > 0)
    return `What shared its transaction is gone with it; what came before ${stays}`;
  if (together) return 'The whole run was one transaction, and nothing of it stays.';
  if (before.length === 0) return 'Nothing came before it in this run.';
  return `What came before it in this run ${stays}`;
}

function describe(error: unknown, sql: SqlErrorDetails | undefined, path: string): string {
  const text = error instanceof Error ? error.message : String(error);
  const line = sql === undefined ? lineIn(error, path) : undefined;
  return `${text.trim().replace(/\.$/, '')}${line === undefined ? '' : ` (at ${path}:${line})`}`;
}

function place(error: unknown, path: string): string {
  const line = failedStatement(error)?.line ?? lineIn(error, path);
  return line === undefined ? path : `${path}:${line}`;
}

/** The line of the user's file that an error's stack passes through. */
function lineIn(error: unknown, path: string): number | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const [, rest] = stack.split(`${path}:`, 2);
  const line = Number.parseInt(rest ?? '', 10);
  return Number.isNaN(line) ? undefined : line;
}

/** The SQLSTATE of an error, or of what caused it. */
export function chainedSqlState(error: unknown): string | undefined {
  for (const each of causes(error)) {
    const state = sqlState(each);
    if (state !== undefined) return state;
  }
  return undefined;
}

function* causes(error: unknown): Generator<unknown> {
  const seen = new Set<unknown>();
  for (let each = error; each !== undefined && !seen.has(each); each = causeOf(each)) {
    seen.add(each);
    yield each;
  }
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}

function nameOf(error: unknown): string | undefined {
  return error instanceof Error ? error.name : undefined;
}
