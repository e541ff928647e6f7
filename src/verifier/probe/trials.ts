import type { Attempt } from './attempt.js';
import { type Crossing, conclude, type Trial } from './judge.js';
import type { Proof } from './proof.js';
import type { TrialSession } from './session.js';

/** Tries each by itself. */
export function tryEach(session: TrialSession, crossings: readonly Crossing[]): Promise<Proof[]> {
  return Promise.all(
    crossings.map(async (crossing) => conclude(crossing, await session.attempt(crossing.statement))),
  );
}

/** Tries what is likely to reach nothing. */
export async function tryTogether(session: TrialSession, crossings: readonly Crossing[]): Promise<Proof[]> {
  return (await attemptsOf(session, crossings)).map(([crossing, attempt]) => conclude(crossing, attempt));
}

/**
 * Runs what is likely to change nothing: all of it is sent together and taken back at once. Where one failed or changed
 * rows, those after it met another state than they should have, and each is run again by itself.
 */
export async function attemptsOf<T extends Trial>(
  session: TrialSession,
  trials: readonly T[],
): Promise<[T, Attempt][]> {
  if (trials.length === 0) return [];
  const together = await session.attemptAll(trials.map(({ statement }) => statement));
  const paired = together.flatMap((attempt, index): [T, Attempt][] => {
    const trial = trials[index];
    return trial ? [[trial, attempt]] : [];
  });
  const changedNothing = ([{ command }, attempt]: [T, Attempt]) =>
    attempt.ok && (command === 'select' || attempt.count === 0);
  if (trials.length <= 1 || paired.every(changedNothing)) return paired;
  return Promise.all(
    trials.map(async (trial): Promise<[T, Attempt]> => [trial, await session.attempt(trial.statement)]),
  );
}
