import type { Client } from '../../../postgres/connect.js';
import type { ContextConfig } from '../../../tenancy/config.js';
import { contextStatements, tenantlessStatements } from '../../../tenancy/context.js';
import { judge, type Trial } from '../proof/judge.js';
import type { Omission, ProbeContext, Proof } from '../proof/proof.js';
import { type Attempt, refusalOf } from '../session/attempt.js';
import { type Frame, OWN_TRANSACTION, READ_ONLY_TRANSACTION } from '../session/frame.js';
import { openSession, type TrialSession } from '../session/session.js';
import { NO_LIMITS } from '../world/limits.js';
import type { ProbeSetup } from '../world/setup.js';
import type { Side, Subject } from '../world/subject.js';
import { asSignUp } from './insert.js';
import { DECISIONS, policyEvaluation } from './policies.js';
import { readEverything } from './select.js';
import { tryAgainst } from './witness.js';
import { writesOutside } from './write.js';

/** A relation to be tried where the rows of the other session's transaction cannot be seen. */
export interface OutsideCase {
  subject: Subject;
  /** A row of a tenant, as values. */
  victim: Side;
  /** Whether it holds committed rows; undefined where the auditor may not see that. */
  holdsRows: boolean | undefined;
  /** The roles whose policies apply, where the policies' evaluation stands in for rows; else undefined. */
  roles: ReadonlySet<string> | undefined;
  /** Why there is nothing to judge it by. */
  omission: Omission | undefined;
}

export interface OutsideResult {
  /** By oid. */
  proofs: Map<number, Proof[]>;
  /** Contexts in which the session had a tenant that nobody set, with its value. */
  defaults: { context: ProbeContext; value: string }[];
  /** Contexts that could not be had, with the reason. */
  untried: { context: ProbeContext; reason: string }[];
}

/**
 * Tries the two contexts that need a connection of their own: one in which the context was never set, and the same one
 * after a transaction that had set it. Committed rows are what there is to see; where a relation holds none, the server
 * evaluates its policies on a row that is given as values.
 *
 * @param tenant one to set and leave
 */
export async function probeOutside(
  client: Client,
  context: ContextConfig,
  tenant: string,
  cases: readonly OutsideCase[],
  { signal, limits = NO_LIMITS }: Pick<ProbeSetup, 'signal' | 'limits'>,
): Promise<OutsideResult> {
  const result: OutsideResult = { proofs: new Map(), defaults: [], untried: [] };
  const frame = limits.readOnly ? READ_ONLY_TRANSACTION : OWN_TRANSACTION;
  await inContext(client, frame, context, 'never set', cases, result, signal);
  const refused = await setAndCommit(client, context, tenant);
  if (refused === undefined) await inContext(client, frame, context, 'after commit', cases, result, signal);
  else result.untried.push({ context: 'after commit', reason: refused });
  return result;
}

/** Relations that are tried without waiting for one another. */
const AT_ONCE = 32;

async function inContext(
  client: Client,
  frame: Frame,
  config: ContextConfig,
  context: ProbeContext,
  cases: readonly OutsideCase[],
  result: OutsideResult,
  signal: AbortSignal | undefined,
): Promise<void> {
  const session = await openSession(client, config, signal, frame);
  try {
    for (const text of await tenantlessStatements(config)) await session.as(undefined).keep({ text });
    if ('setting' in config) {
      const attempt = await session.as(undefined).attempt({
        text: 'select pg_catalog.current_setting($1, true)',
        values: [config.setting],
      });
      const value = attempt.ok ? attempt.rows[0]?.[0] : undefined;
      if (value) result.defaults.push({ context, value });
    }
    for (let start = 0; start < cases.length; start += AT_ONCE) {
      const some = cases.slice(start, start + AT_ONCE);
      const found = await Promise.all(some.map((one) => tryCase(session.as(undefined), one, context)));
      for (const [index, { subject }] of some.entries()) {
        const { oid } = subject.relation;
        result.proofs.set(oid, [...(result.proofs.get(oid) ?? []), ...(found[index] ?? [])]);
      }
    }
  } finally {
    await session.end();
  }
}

async function tryCase(
  session: TrialSession,
  { subject, victim, holdsRows, roles }: OutsideCase,
  context: ProbeContext,
): Promise<Proof[]> {
  const mayRead = holdsRows !== false && subject.access.select.length > 0;
  const trials = [
    ...(mayRead ? [readEverything(subject, victim, context, undefined)] : []),
    ...(holdsRows ? writesOutside(subject, victim, context) : []),
  ];
  const [tried, evaluated] = await Promise.all([
    tryAgainst(session, subject, victim, undefined, trials),
    roles ? evaluatePolicies(session, subject, victim, roles, context) : [],
  ]);
  // An answer without rows says nothing where there may be none.
  return [...tried.filter(({ result }) => holdsRows || result === 'crossed'), ...evaluated];
}

/** One proof per command that the login may use. */
export async function evaluatePolicies(
  session: TrialSession,
  subject: Subject,
  victim: Side,
  roles: ReadonlySet<string>,
  context: ProbeContext,
): Promise<Proof[]> {
  const { access, relation, known } = subject;
  const may = { select: access.select.length > 0, insert: access.insert.length > 0 };
  const usable = { ...may, update: access.update.length > 0, delete: access.delete };
  // One policy FOR ALL decides alike for every command: asked once.
  const answers = new Map<string, Promise<Attempt>>();
  const proofs = await Promise.all(
    DECISIONS.filter((decision) => usable[decision]).map(async (command) => {
      const statement = policyEvaluation(relation, roles, command, victim.row);
      const answer = answers.get(statement.text) ?? session.attempt(statement);
      answers.set(statement.text, answer);
      return judgeEvaluation({ command, form: 'policy', context, statement }, await answer);
    }),
  );
  return known.class === 'root' ? asSignUp(proofs) : proofs;
}

function judgeEvaluation(trial: Trial, attempt: Attempt): Proof {
  const value = attempt.ok ? attempt.rows[0]?.[0] : undefined;
  const proof = judge(
    trial,
    attempt,
    value === 'true' ? 'its policies let a row of a tenant pass' : undefined,
  );
  return proof.result === 'denied' && attempt.ok ? { ...proof, by: 'evaluation' } : proof;
}

/** The reason why it cannot be done, or undefined. */
async function setAndCommit(
  client: Client,
  context: ContextConfig,
  tenant: string,
): Promise<string | undefined> {
  await client.query('begin');
  try {
    for (const { text, values } of (await contextStatements(context))(tenant))
      await client.query(text, values);
    await client.query('commit');
    return undefined;
  } catch (error) {
    await client.query('rollback');
    return refusalOf(error).message;
  }
}
