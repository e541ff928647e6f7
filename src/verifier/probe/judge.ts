import type { Answer, Attempt, Refusal, Statement } from './attempt.js';
import type { ProbeCommand, ProbeContext, Proof } from './proof.js';

/** What was tried. */
export interface Trial {
  command: ProbeCommand;
  form: string;
  context: ProbeContext;
  statement: Statement;
}

/** A trial that is judged by its answer alone. */
export interface Crossing extends Trial {
  /** What the answer reached of others' rows; undefined where it reached nothing. */
  reached(answer: Answer): string | undefined;
}

/** Judges a trial by what its answer reached. */
export function conclude(crossing: Crossing, attempt: Attempt): Proof {
  return judge(crossing, attempt, attempt.ok ? crossing.reached(attempt) : undefined);
}

/**
 * Judges a trial. Under a tenant's own context only a policy's or a privilege's refusal is a denial, any other error says
 * nothing; under every other context an error before any row is a closed door, too.
 *
 * @param reached what an answer reached of others' rows; undefined where it reached nothing
 */
export function judge(trial: Trial, attempt: Attempt, reached: string | undefined): Proof {
  const proof = factsOf(trial);
  if (!attempt.ok) return refused(proof, attempt);
  if (reached !== undefined) return { ...proof, result: 'crossed', detail: reached };
  return { ...proof, result: 'denied', by: 'policy' };
}

/** A trial that answers nothing. */
export function failed(trial: Trial, detail: string): Proof {
  return { ...factsOf(trial), result: 'failed', detail };
}

function factsOf({ command, form, context, statement }: Trial): Omit<Proof, 'result'> {
  return { command, form, context, statement: statement.shown ?? statement.text };
}

function refused(proof: Omit<Proof, 'result'>, refusal: Refusal): Proof {
  const { sqlstate, message } = refusal;
  const facts = { ...proof, sqlstate };
  if (sqlstate === '42501') {
    return { ...facts, result: 'denied', by: refusal.byPolicy ? 'policy' : 'privilege' };
  }
  if (facts.context !== 'tenant' && closesDoor(sqlstate)) {
    return { ...facts, result: 'denied', by: 'error', detail: message };
  }
  return { ...facts, result: 'failed', detail: `${message} (${sqlstate})` };
}

/**
 * Errors that come before any row. A violated constraint comes after the policies let the row pass; a lock, a timeout or a
 * full disk are no answer at all.
 */
function closesDoor(sqlstate: string): boolean {
  return !/^(23|25|40|44|53|54|55|57|58|XX)/.test(sqlstate);
}
