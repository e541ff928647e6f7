import type { Answer, Attempt, Refusal, Statement } from '../session/attempt.js';
import type { Denial, ProbeCommand, ProbeContext, Proof } from './proof.js';

/** What was tried. */
export interface Trial {
  command: ProbeCommand;
  form: string;
  context: ProbeContext;
  statement: Statement;
  /** One that reaches every row that this one does: where it went through and reached none of others, nor does this one. */
  within?: Trial | undefined;
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
  if (!attempt.ok) return refused(trial, attempt);
  if (reached !== undefined) return { ...factsOf(trial), result: 'crossed', detail: reached };
  return denied(trial, { by: 'policy' });
}

/** A trial that answers nothing. */
export function failed(trial: Trial, detail: string): Proof {
  return { ...factsOf(trial), result: 'failed', detail };
}

function factsOf(trial: Trial): Omit<Proof, 'result'> {
  const { command, form, context, statement } = trial;
  return { command, form, context, statement: statement.shown ?? statement.text };
}

/** Nothing but what is counted: a denial is one of very many. */
function denied(
  { command, form, context }: Trial,
  { by, sqlstate }: { by: Denial; sqlstate?: string },
): Proof {
  return { command, form, context, result: 'denied', by, sqlstate };
}

function refused(trial: Trial, { sqlstate, message, byPolicy }: Refusal): Proof {
  if (sqlstate === '42501') return denied(trial, { by: byPolicy ? 'policy' : 'privilege', sqlstate });
  if (trial.context !== 'tenant' && closesDoor(sqlstate)) return denied(trial, { by: 'error', sqlstate });
  return { ...factsOf(trial), sqlstate, result: 'failed', detail: `${message} (${sqlstate})` };
}

/**
 * Errors that come before any row. A violated constraint comes after the policies let the row pass; a lock, a timeout or a
 * full disk are no answer at all.
 */
function closesDoor(sqlstate: string): boolean {
  return !/^(23|25|40|44|53|54|55|57|58|XX)/.test(sqlstate);
}
