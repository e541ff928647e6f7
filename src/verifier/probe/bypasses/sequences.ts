import { displayName, quoteName } from '../../../identifiers.js';
import type { Proof } from '../proof/proof.js';
import { insertion } from '../rows/insertion.js';
import { makeRow } from '../rows/make.js';
import { inTurn, type Turn } from '../session/turns.js';
import { differ } from '../tenants/differential.js';
import type { Pair, Subject } from '../world/subject.js';
import type { World } from '../world/world.js';

/**
 * Reads, as one tenant, the sequences that number a table's rows, before and after another tenant adds one. They are not
 * set: a rollback does not undo that.
 */
export async function sequencesRead(
  world: World,
  { known, relation, access }: Subject,
  { a, b }: Pair,
): Promise<Proof[]> {
  const { session, contacts } = world;
  const sequences = access.insert.length > 0 ? contacts.sequences(known) : [];
  const proofs: Proof[] = [];
  for (const sequence of sequences) {
    const made = await makeRow(world, relation, b.tenant, new Map(), session.as(b.tenant).attempt);
    if ('reason' in made) continue;
    const statement = { text: `select last_value, is_called from ${quoteName(sequence)}` };
    const look: Turn = { tenant: a.tenant, statement };
    const add: Turn = { tenant: b.tenant, statement: insertion(relation, made.given) };
    const [before, , after] = await inTurn(session, [look, add, look]);
    if (!before?.ok || !after?.ok || !differ(before, after)) continue;
    proofs.push({
      ...{ command: 'select', form: 'sequence', kind: 'existence', context: 'tenant', result: 'allowed' },
      statement: statement.text,
      detail: `read from ${displayName(sequence)} that another tenant had added a row`,
    });
  }
  return proofs;
}
