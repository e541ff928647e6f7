import type { Proof } from '../proof/proof.js';
import { demandOf, policyHints } from '../rows/hints.js';
import { makeRow } from '../rows/make.js';
import type { Pair, Side, Subject } from '../world/subject.js';
import { rowsMade, type World } from '../world/world.js';
import { insertCrossings, insertForms } from './insert.js';
import { selectCrossings } from './select.js';
import { tryAgainst, witness } from './witness.js';
import { deleteCrossings, updateCrossings } from './write.js';

/**
 * Tries further rows of the second tenant, each with something in it that a policy sets apart: a branch of the policy may
 * be open to just those.
 */
export async function variantCrossings(world: World, subject: Subject, { a, b }: Pair): Promise<Proof[]> {
  const { session } = world;
  const { access, relation } = subject;
  const proofs: Proof[] = [];
  if (access.insert.length === 0) return proofs;
  for (const hint of await policyHints(subject.known, world.hints)) {
    const demands = demandOf(hint, a.tenant);
    const made = await makeRow(world, relation, b.tenant, demands, session.as(b.tenant).attempt);
    if ('reason' in made) continue;
    const actor = session.as(a.tenant);
    proofs.push(...(await insertCrossings(actor, insertForms(subject, made.given), 'tenant')));
    const kept = await makeRow(world, relation, b.tenant, demands, session.as(b.tenant).keep);
    if ('reason' in kept) continue;
    rowsMade(world, relation, b.tenant).push(kept.row);
    const victim: Side = { tenant: b.tenant, row: kept.row };
    const seen = await witness(session, subject, victim);
    const reads = access.select.length > 0 ? selectCrossings(subject, a, victim) : [];
    const writes = [
      ...(access.update.length > 0 ? updateCrossings(subject, a, victim) : []),
      ...(access.delete ? deleteCrossings(subject, victim) : []),
    ];
    proofs.push(...(await tryAgainst(actor, subject, victim, seen, [...reads, ...(seen ? writes : [])])));
  }
  return proofs;
}
