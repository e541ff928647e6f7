import { judge, type Trial } from '../proof/judge.js';
import type { Proof } from '../proof/proof.js';
import { insertion } from '../rows/insertion.js';
import { makeRow } from '../rows/make.js';
import type { Pair, Subject } from '../world/subject.js';
import { rowsMade, type World } from '../world/world.js';

/**
 * A foreign key that carries the tenant is not checked where the tenant is NULL: tries to add a row without a tenant that
 * names another tenant's row.
 */
export async function skippedKeyCrossings(world: World, subject: Subject, { a, b }: Pair): Promise<Proof[]> {
  const { known, relation, access } = subject;
  const { tenantColumn } = known;
  if (tenantColumn === undefined || !access.insert.includes(tenantColumn)) return [];
  const proofs: Proof[] = [];
  const session = world.session.as(a.tenant);
  for (const { constraint, foreignKey, parent } of world.contacts.skipped(known)) {
    const [theirs] = rowsMade(world, parent.relation, b.tenant);
    const own = theirs && (await makeRow(world, relation, a.tenant, new Map(), session.attempt));
    if (!own || 'reason' in own) continue;
    const key = constraint.columns.map(
      (name, at) => [name, theirs.get(foreignKey.columns[at] ?? '') ?? null] as const,
    );
    const statement = insertion(relation, new Map([...own.given, ...key, [tenantColumn, null]]));
    const trial: Trial = { command: 'insert', form: 'refer without a tenant', context: 'tenant', statement };
    const attempt = await session.attempt(statement);
    const proof = judge(trial, attempt, "made a row of nobody's refer to another tenant's");
    // Another constraint than the policies may stand against a row of nobody's.
    if (proof.result !== 'failed') proofs.push({ ...proof, kind: 'reference' });
  }
  return proofs;
}
