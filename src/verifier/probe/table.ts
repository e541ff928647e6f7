import type { ClassifiedRelation } from '../../tenancy/model.js';
import { tryExclusive } from './bypasses/exclusive.js';
import { existenceTold } from './bypasses/existence.js';
import { foreignKeyCrossings } from './bypasses/foreign-keys.js';
import { sequencesRead } from './bypasses/sequences.js';
import { skippedKeyCrossings } from './bypasses/skipped-keys.js';
import { pairOf, pairOfRoot } from './pair.js';
import type { Omission, Proof, RelationProbe } from './proof/proof.js';
import { makeRow } from './rows/make.js';
import type { Unmet } from './rows/references.js';
import { inGuise } from './tenants/guise.js';
import type { Setting } from './tenants/setting.js';
import { unusedTenant } from './tenants/tenants.js';
import { probePair } from './trials/cross.js';
import { asSignUp, type InsertForm, insertCrossings, insertForms } from './trials/insert.js';
import { withoutPrivilege } from './trials/privileges.js';
import type { TableProbe } from './trials/table-probe.js';
import { variantCrossings } from './trials/variants.js';
import { isTouchable } from './world/access.js';
import { type Pair, type Subject, subjectOf } from './world/subject.js';
import { accessTo, type World } from './world/world.js';

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
  proofs.push(...(await withoutPrivilege(world, subject)));
  if (!probe.touchable) return { probe, subject, pair: undefined, unmet: undefined };
  const pair = await rowsFor(world, subject, setting, proofs);
  if ('reason' in pair) {
    proofs.push(...(await tryExclusive(world, subject, undefined, setting, omissions)));
    return { probe, subject, pair: undefined, unmet: pair };
  }
  const found = { ...subject, fresh: pair.fresh };
  await probePair(world, found, pair, setting, proofs, omissions);
  if (pair.fresh) proofs.push(...(await variantCrossings(world, found, pair)));
  proofs.push(...(await tryExclusive(world, found, pair, setting, omissions)));
  proofs.push(...(await existenceTold(world, found, pair, omissions)));
  proofs.push(...(await sequencesRead(world, found, pair)));
  proofs.push(...(await skippedKeyCrossings(world, found, pair)));
  proofs.push(...(await foreignKeyCrossings(world, found, pair, omissions)));
  return { probe, subject: found, pair, unmet: undefined };
}

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
    const tried = await Promise.all([
      insertCrossings(session.as(tenants.a), forms, 'tenant'),
      ...setting.guises.map(async (guise) => {
        const proofs = await insertCrossings(inGuise(session.as(tenants.a), guise), forms, 'tenant');
        return proofs.map((proof) => ({ ...proof, guise: guise.name }));
      }),
      ...strangers.map(async ({ context, value }) => {
        const stranger = session.as(value);
        const [refused, proofs] = await Promise.all([
          stranger.refused(),
          insertCrossings(stranger, forms, context),
        ]);
        return refused ? [] : proofs;
      }),
    ]);
    return tried.flat();
  };
  if (subject.known.class !== 'root') {
    return pairOf(world, subject, tenants, committed, {
      tryInsert: async (forms) => void proofs.push(...(await tryInsert(forms))),
      beforeSecond: () => setting.watch.beforeSecond(subject.known, tenants.a, tenants.b),
      report: (found) => void proofs.push(...found),
      afterSecond: () => setting.watch.afterSecond(subject.known),
    });
  }
  if (tenants.fresh) {
    const unused = await unusedTenant(subject.known);
    const further = await makeRow(world, relation, unused, new Map(), session.as(unused).attempt);
    if ('given' in further) proofs.push(...asSignUp(await tryInsert(insertForms(subject, further.given))));
  }
  return pairOfRoot(world, subject, tenants, committed);
}
