import { type Crossing, conclude } from './judge.js';
import type { Proof } from './proof.js';
import type { TrialSession } from './session.js';

/** Tries each by itself. */
export function tryEach(session: TrialSession, crossings: readonly Crossing[]): Promise<Proof[]> {
  return Promise.all(
    crossings.map(async (crossing) => conclude(crossing, await session.attempt(crossing.statement))),
  );
}
