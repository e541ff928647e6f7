import type { Relation } from '../../../catalog/snapshot.js';
import { type Crossing, conclude, failed, judge, type Trial } from '../proof/judge.js';
import type { Proof } from '../proof/proof.js';
import type { Answer, Attempt, Statement } from '../session/attempt.js';
import { type ProbeSession, REACHED, type TrialSession } from '../session/session.js';
import { describeRow, hasKey, lookAt, type Side, type Subject, showsPlace } from '../world/subject.js';
import { isStored } from '../world/world.js';
import { rows } from './select.js';

/** More rows than this a blind write never touches: a probe of an open door must not rewrite a large table. */
const MOST_WRITTEN = 1_000;

/**
 * A statement without conditions of its own, but for a guard that ends it early. The guard names no column, which would
 * bring the SELECT policies in; policies come first, so what it counts are the rows that they let pass.
 */
export function blind(text: string, values: (string | null)[] = [], most = MOST_WRITTEN): Statement {
  // A dot for each: numbers would have to be read and written as text.
  const reached = `pg_catalog.concat(pg_catalog.current_setting('${REACHED}'), '.')`;
  const length = `pg_catalog.length(pg_catalog.set_config('${REACHED}', ${reached}, true))`;
  // As a parameter: whatever it is, the text is the same.
  const guard = `${length} <= $${values.length + 1}::int4`;
  return { text: `${text} where ${guard}`, values: [...values, String(most)], shown: text };
}

/** A trial that is judged by what it did to the other tenant's row. */
export interface Write extends Trial {
  /** Without conditions: it may reach the writer's own rows, too. */
  blind: boolean;
}

/** What a write is judged by, once it went through. */
export interface Witness {
  /** The other tenant's row, read in its own context. */
  look: Statement;
  /** What it looked like before. */
  before: readonly (string | null)[];
  /** Its key, in words. */
  which: string;
  /** Whether every write to it shows, even one that changes no value. */
  exact: boolean;
}

/** The other tenant's row as it is now, in its own context; undefined where it cannot be read. */
export async function witness(
  session: ProbeSession,
  subject: Subject,
  victim: Side,
): Promise<Witness | undefined> {
  if (!hasKey(subject, victim.row)) return undefined;
  const look = lookAt(subject, victim.row);
  const seen = await session.as(victim.tenant).attempt(look);
  const [before] = seen.ok ? seen.rows : [];
  if (!before || before[0] === '0') return undefined;
  return { look, before, which: describeRow(subject, victim.row), exact: showsPlace(subject) };
}

/**
 * Tries to reach the other tenant's row. A read is judged by its answer, a write by what that row looks like afterwards.
 */
export async function tryAgainst(
  session: TrialSession,
  subject: Subject,
  victim: Side,
  seen: Witness | undefined,
  trials: readonly (Crossing | Write)[],
): Promise<Proof[]> {
  const isPlain = seen !== undefined && !doesMore(subject.relation);
  const together = isPlain ? trials.filter(({ within }) => !within) : trials.filter(isCrossing);
  const answers = await attemptTogether(session, victim, seen, together);
  const reachedNothing = (wider: Trial): boolean => {
    const answer = answers.get(wider);
    if (!answer?.ok) return false;
    return isCrossing(wider)
      ? wider.reached(answer) === undefined
      : answer.count === 0 || seen?.exact === true;
  };
  const left = trials.filter(({ within }) => !isPlain || !within || !reachedNothing(within));
  return Promise.all(
    left.map(async (trial) => {
      const answer = answers.get(trial);
      if (isCrossing(trial)) return conclude(trial, answer ?? (await session.attempt(trial.statement)));
      if (answer) return judge(trial, answer, undefined);
      return seen ? tryOne(session, subject, victim, seen, trial) : tryUnseen(session, trial);
    }),
  );
}

function isCrossing(trial: Trial): trial is Crossing {
  return 'reached' in trial;
}

/** Without a look at the row only the count is left, of which the writer's own rows are a part. */
async function tryUnseen(session: TrialSession, write: Write): Promise<Proof> {
  const attempt = await session.attempt(write.statement);
  if (!attempt.ok || attempt.count === 0) return judge(write, attempt, undefined);
  return write.blind && write.context === 'tenant'
    ? failed(write, `${rows(attempt.count)} written, and the other tenant's row cannot be read to compare`)
    : judge(write, attempt, `wrote to ${rows(attempt.count)} of other tenants`);
}

async function tryOne(
  session: TrialSession,
  subject: Subject,
  victim: Side,
  seen: Witness,
  write: Write,
): Promise<Proof> {
  const { attempts, seen: after } = await session.attemptSeenBy([write.statement], victim.tenant, seen.look);
  const [attempt] = attempts;
  if (!attempt) throw new Error('attemptSeenBy answers every statement');
  // Where it changed no row there is nothing to look at, save where something of the relation's may have done more.
  if (!attempt.ok || (attempt.count === 0 && !doesMore(subject.relation))) {
    return judge(write, attempt, undefined);
  }
  if (!after.ok) return failed(write, `the other tenant's row cannot be read afterwards: ${after.message}`);
  return judge(write, attempt, harm(subject, write, attempt, seen, after));
}

/**
 * Most trials do no harm, and that shows without a look after each: those that should reach nothing change no row, and
 * after them the writes that reach the writer's own rows leave the other tenant's as it is, all of them together.
 *
 * @returns the answers that are as plain as that. What came after a trial that failed, or that changed rows, was not run or
 *   met another state than it should have: it is left to be tried by itself
 */
async function attemptTogether(
  session: TrialSession,
  victim: Side,
  seen: Witness | undefined,
  trials: readonly (Crossing | Write)[],
): Promise<Map<Trial, Attempt>> {
  const reachesOwn = (trial: Crossing | Write) =>
    !isCrossing(trial) && trial.blind && trial.context === 'tenant';
  const [apart, own] = [trials.filter((trial) => !reachesOwn(trial)), trials.filter(reachesOwn)];
  const statements = [...apart, ...own].map(({ statement }) => statement);
  const answers = new Map<Trial, Attempt>();
  if (statements.length === 0) return answers;
  const { attempts, seen: after } =
    seen && own.length > 0
      ? await session.attemptSeenBy(statements, victim.tenant, seen.look)
      : { attempts: await session.attemptAll(statements), seen: undefined };
  for (const [index, trial] of apart.entries()) {
    const attempt = attempts[index];
    if (!attempt || (attempt.ok && attempt.count > 0 && trial.command !== 'select')) return answers;
    answers.set(trial, attempt);
  }
  const written = attempts.slice(apart.length);
  if (seen && after && written.length === own.length && isUnharmed(written, seen, after)) {
    for (const [index, trial] of own.entries()) answers.set(trial, written[index] ?? after);
  }
  return answers;
}

function isUnharmed(attempts: readonly Attempt[], { before }: Witness, after: Attempt): boolean {
  const written = attempts.reduce((sum, attempt) => sum + (attempt.ok ? attempt.count : 0), 0);
  // The guard counts on from one write to the next.
  if (!attempts.every(({ ok }) => ok) || written >= MOST_WRITTEN || !after.ok) return false;
  return after.rows[0]?.every((value, index) => value === before[index]) ?? false;
}

/** Whether a write may do something although it changes no row of the relation itself. */
export function doesMore(relation: Relation): boolean {
  return !isStored(relation) || relation.triggers.length > 0 || relation.rules.length > 0;
}

function harm(
  subject: Subject,
  trial: Write,
  written: Answer,
  seen: Witness,
  after: Answer,
): string | undefined {
  const [row] = after.rows;
  if (!row || row[0] === '0') return `removed ${seen.which}`;
  if (row.some((value, index) => value !== seen.before[index])) return `wrote to ${seen.which}`;
  // The guard stopped the write before it came to that row: so many rows are not the writer's own.
  const tooMany = written.count >= MOST_WRITTEN && subject.fresh;
  // By another tenant's key, or outside a tenant's context, no row at all is the writer's own. Rules have other rows counted.
  const isOthers = trial.context !== 'tenant' || (!trial.blind && subject.relation.rules.length === 0);
  return tooMany || (isOthers && written.count > 0)
    ? `wrote to ${rows(written.count)} of other tenants`
    : undefined;
}
