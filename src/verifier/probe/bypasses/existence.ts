import type { Omission, Proof } from '../proof/proof.js';
import { filledRow } from '../rows/filled.js';
import { insertion } from '../rows/insertion.js';
import { makeRow } from '../rows/make.js';
import type { Unmet } from '../rows/references.js';
import type { Attempt } from '../session/attempt.js';
import { inTurn } from '../session/turns.js';
import { takesOnConflict } from '../trials/insert.js';
import type { Comparison } from '../world/comparisons.js';
import type { Pair, Subject } from '../world/subject.js';
import type { RowValues, World } from '../world/world.js';

/**
 * Tries whether a refusal tells one tenant what another has: a row that is taken from it is refused, or skipped, once
 * another tenant has one like it. Policies do not hide rows from keys and constraints.
 */
export async function existenceTold(
  world: World,
  subject: Subject,
  pair: Pair,
  omissions: Omission[],
): Promise<Proof[]> {
  if (subject.access.insert.length === 0) return [];
  const proofs: Proof[] = [];
  for (const comparison of world.contacts.comparisons(subject.known)) {
    const alike = await rowsAlike(world, subject, pair, comparison);
    if ('reason' in alike)
      omissions.push({ what: `what ${comparison.name} tells`, ...alike, required: false });
    else proofs.push(...(await tryDuplicate(world, subject, pair, comparison, alike)));
  }
  return proofs;
}

/** A row of each tenant, alike in what is compared; that each is taken by itself is known. */
interface Alike {
  own: RowValues;
  theirs: RowValues;
}

async function rowsAlike(
  world: World,
  { relation }: Subject,
  { a, b }: Pair,
  { columns }: Comparison,
): Promise<Alike | Unmet> {
  const theirs = await filledRow(world, relation, b.tenant, columns);
  if ('reason' in theirs) return theirs;
  const same = new Map(columns.map((name) => [name, theirs.given.get(name) ?? null]));
  const own = await makeRow(world, relation, a.tenant, same, world.session.as(a.tenant).attempt);
  return 'reason' in own ? { reason: own.reason } : { own: own.given, theirs: theirs.given };
}

async function tryDuplicate(
  { session }: World,
  { relation }: Subject,
  { a, b }: Pair,
  { columns, opaque }: Comparison,
  { own, theirs }: Alike,
): Promise<Proof[]> {
  const first = { tenant: b.tenant, statement: insertion(relation, theirs) };
  const attempt = async (form: string, onConflict: string | undefined, tells: (last: Attempt) => boolean) => {
    const statement = insertion(relation, own, { onConflict });
    const [added, last] = await inTurn(session, [first, { tenant: a.tenant, statement }]);
    if (!added?.ok || !last || !tells(last)) return [];
    const facts = { command: 'insert', context: 'tenant', kind: 'existence' } as const;
    const detail = `was told that another tenant has the same ${columns.join(', ')}`;
    return [
      { ...facts, form, result: opaque ? 'allowed' : 'crossed', statement: statement.text, detail } as const,
    ];
  };
  const tried = await Promise.all([
    attempt('duplicate refused', undefined, (last) => !last.ok && last.sqlstate.startsWith('23')),
    takesOnConflict(relation)
      ? attempt('duplicate skipped', 'do nothing', (last) => last.ok && last.count === 0)
      : [],
  ]);
  return tried.flat();
}
