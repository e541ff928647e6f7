import type { ClassifiedRelation } from '../../tenancy/model.js';
import { isTouchable } from './access.js';
import type { CommittedRows } from './committed.js';
import { controls } from './controls.js';
import type { Reader } from './differential.js';
import { asSignUp, type InsertForm, insertCrossings, insertForms, upsertCrossings } from './insert.js';
import { ownerOf } from './owner.js';
import { type Pair, pairOf, pairOfRoot } from './pair.js';
import { isGuarded } from './policies.js';
import { preparedCrossing } from './prepared.js';
import { withoutPrivilege } from './privileges.js';
import type { Omission, Proof, RelationProbe } from './proof.js';
import { makeRow } from './rows/make.js';
import type { Unmet } from './rows/references.js';
import { withSecondOpinion } from './second-opinion.js';
import { readByKey, readEverything, selectCrossings } from './select.js';
import { hasKey, type Side, type Subject, subjectOf } from './subject.js';
import { type Tenants, unusedTenant } from './tenants.js';
import { variantCrossings } from './variants.js';
import type { Watch } from './watch.js';
import { witness } from './witness.js';
import { accessTo, type World } from './world.js';
import { deleteCrossings, moveCrossings, updateCrossings, writesOutside } from './write.js';

export interface TableProbe {
  probe: RelationProbe;
  subject: Subject;
  /** undefined where no rows of two tenants could be had. */
  pair: Pair | undefined;
  /** Why there is no pair. */
  unmet: Unmet | undefined;
}

export interface Setting {
  tenants: Tenants;
  /** Contexts that are no tenant's. */
  strangers: readonly Reader[];
  committed: CommittedRows;
  /** A tenant key that no tenant has. */
  unused: string;
  watch: Watch;
  /** The roles whose privileges the login has without doing anything. */
  roles: ReadonlySet<string>;
}

/** Tries every crossing on one table of tenants, or on the root. */
export async function probeTable(
  world: World,
  known: ClassifiedRelation,
  setting: Setting,
): Promise<TableProbe> {
  const access = accessTo(world, known.relation);
  const subject = subjectOf(known, access, setting.tenants.fresh);
  const proofs: Proof[] = [];
  const omissions: Omission[] = [];
  const probe: RelationProbe = {
    relation: known.relation.oid,
    touchable: isTouchable(access),
    proofs,
    omissions,
  };
  proofs.push(...(await withoutPrivilege(world.session, subject)));
  if (access.truncate) omissions.push(TRUNCATE_OMITTED);
  if (!probe.touchable) return { probe, subject, pair: undefined, unmet: undefined };
  const pair = await rowsFor(world, subject, setting, proofs);
  if ('reason' in pair) return { probe, subject, pair: undefined, unmet: pair };
  const found = { ...subject, fresh: pair.fresh };
  await probePair(world, found, pair, setting, proofs, omissions);
  if (pair.fresh) proofs.push(...(await variantCrossings(world, found, pair)));
  return { probe, subject: found, pair, unmet: undefined };
}

const TRUNCATE_OMITTED: Omission = {
  what: 'TRUNCATE',
  reason: 'it would lock out every reader; the privilege alone is a finding',
  required: false,
};

async function rowsFor(
  world: World,
  subject: Subject,
  setting: Setting,
  proofs: Proof[],
): Promise<Pair | Unmet> {
  const { session } = world;
  const { tenants, strangers, committed } = setting;
  const { relation } = subject;
  const tryInsert = async (forms: readonly InsertForm[]) => {
    const tried: Proof[] = [];
    await session.become(tenants.a);
    tried.push(...(await insertCrossings(session, forms, 'tenant')));
    for (const { context, value } of strangers) {
      if (!(await session.become(value))) tried.push(...(await insertCrossings(session, forms, context)));
    }
    return tried;
  };
  if (subject.known.class !== 'root') {
    return pairOf(world, subject, tenants, committed, {
      tryInsert: async (forms) => void proofs.push(...(await tryInsert(forms))),
      beforeSecond: () => setting.watch.beforeSecond(subject.known, tenants.a, tenants.b),
      afterSecond: () => setting.watch.afterSecond(subject.known),
    });
  }
  if (tenants.fresh) {
    const further = await makeRow(
      world,
      relation,
      await unusedTenant(subject.known),
      new Map(),
      session.attempt,
    );
    if ('given' in further) proofs.push(...asSignUp(await tryInsert(insertForms(subject, further.given))));
  }
  return pairOfRoot(world, subject, tenants, committed);
}

async function probePair(
  world: World,
  subject: Subject,
  { a, b }: Pair,
  setting: Setting,
  proofs: Proof[],
  omissions: Omission[],
): Promise<void> {
  const { session } = world;
  const { access } = subject;
  if (access.select.length > 0) omissions.push(...(await controls(session, subject, [a, b])));
  const seenA = await witness(session, subject, a);
  const seenB = await witness(session, subject, b);
  for (const [actor, victim, seen] of [
    [a, b, seenB],
    [b, a, seenA],
  ] as const) {
    if (access.select.length > 0) {
      proofs.push(...(await selectCrossings(session, subject, actor, victim)));
    }
    const written: Proof[] = [];
    if (access.update.length > 0) {
      written.push(...(await updateCrossings(session, subject, actor, victim, seen)));
      const target = ownerOf(world, subject, victim, setting);
      if (target.size > 0) written.push(...(await moveCrossings(session, subject, actor, target)));
    }
    if (access.delete) written.push(...(await deleteCrossings(session, subject, actor, victim, seen)));
    if (access.insert.length > 0)
      written.push(...(await upsertCrossings(session, subject, actor, victim, seen)));
    const roles = isGuarded(subject.relation, setting.roles) ? setting.roles : undefined;
    proofs.push(...(await withSecondOpinion(world, subject, actor, victim, written, roles)));
  }
  const prepared = access.select.length > 0 ? await preparedCrossing(session, subject, a, b) : undefined;
  if (prepared) proofs.push(prepared);
  for (const stranger of setting.strangers) {
    proofs.push(...(await underStranger(world, subject, b, stranger, seenB)));
  }
}

async function underStranger(
  world: World,
  subject: Subject,
  victim: Side,
  { context, value }: Reader,
  seen: Awaited<ReturnType<typeof witness>>,
): Promise<Proof[]> {
  const { session } = world;
  const refused = await session.become(value);
  if (refused) {
    const facts = {
      command: 'select',
      form: 'set context',
      context,
      statement: 'the context itself',
    } as const;
    return [{ ...facts, result: 'denied', by: 'error', sqlstate: refused.sqlstate, detail: refused.message }];
  }
  const proofs: Proof[] = [];
  if (subject.access.select.length > 0) {
    proofs.push(await readEverything(session, subject, victim, context, undefined));
    if (hasKey(subject, victim.row)) proofs.push(await readByKey(session, subject, victim, context));
  }
  proofs.push(...(await writesOutside(session, subject, victim, context, seen)));
  return proofs;
}
