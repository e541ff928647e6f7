import { type Crossing, conclude } from '../proof/judge.js';
import type { Proof } from '../proof/proof.js';
import type { TrialSession } from '../session/session.js';

/** Tries one by itself. */
export async function tryOne(session: TrialSession, crossing: Crossing): Promise<Proof> {
  return conclude(crossing, await session.attempt(crossing.statement));
}

/** Tries each by itself. */
export function tryEach(session: TrialSession, crossings: readonly Crossing[]): Promise<Proof[]> {
  return Promise.all(crossings.map((crossing) => tryOne(session, crossing)));
}

/**
 * Tries what is likely to be refused.
 *
 * @param alike whether policies that refuse the first would refuse each: then one refusal speaks for all of them
 */
export async function tryAlike<T>(
  trials: readonly T[],
  attempt: (trial: T) => Promise<Proof | Proof[]>,
  alike: boolean,
): Promise<Proof[]> {
  if (!alike) return (await Promise.all(trials.map(attempt))).flat();
  const [first, ...others] = trials;
  if (first === undefined) return [];
  const proofs = [await attempt(first)].flat();
  const isRefused = proofs.length > 0 && proofs.every(isRefusedByPolicy);
  return isRefused ? proofs : [...proofs, ...(await tryAlike(others, attempt, false))];
}

/** By a WITH CHECK: not for want of a privilege, nor by reaching nothing. */
function isRefusedByPolicy({ result, by, sqlstate }: Proof): boolean {
  return result === 'denied' && by === 'policy' && sqlstate === '42501';
}
