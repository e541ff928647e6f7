import type { ProbeCommand, ProbeContext, Proof } from './proof.js';
import type { Attempt, Refusal, Statement } from './session.js';

/** What was tried; `crossed` says, of an answer, what it reached that it must not. */
export interface Trial {
  command: ProbeCommand;
  form: string;
  context: ProbeContext;
  statement: Statement;
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
