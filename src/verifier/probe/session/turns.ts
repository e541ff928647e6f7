import type { Attempt, Statement } from './attempt.js';
import type { ProbeSession } from './session.js';

/** Something that one tenant says while others speak, too. */
export interface Turn {
  tenant: string;
  statement: Statement;
}

/**
 * Has tenants speak in turn, each seeing what those before did, and takes all of it back.
 *
 * @returns the answers, up to the first that is a refusal: of a statement, or of its tenant's context
 */
export async function inTurn(session: ProbeSession, turns: readonly Turn[]): Promise<Attempt[]> {
  const [first] = turns;
  if (!first) return [];
  const sent = turns.flatMap(({ tenant, statement }, index) => {
    const isNext = index > 0 && turns[index - 1]?.tenant !== tenant;
    return [...(isNext ? session.contextOf(tenant) : []), statement].map((said) => ({
      said,
      isTurn: said === statement,
    }));
  });
  const attempts = await session.as(first.tenant).attemptAll(sent.map(({ said }) => said));
  const answers: Attempt[] = [];
  for (const [index, attempt] of attempts.entries()) {
    if (sent[index]?.isTurn || !attempt.ok) answers.push(attempt);
    if (!attempt.ok) break;
  }
  return answers;
}
