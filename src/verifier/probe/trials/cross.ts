import type { Omission, Proof } from '../proof/proof.js';
import type { ProbeSession, TrialSession } from '../session/session.js';
import type { Reader } from '../tenants/differential.js';
import { type Guise, inGuise, whollyOpen } from '../tenants/guise.js';
import { ownerOf } from '../tenants/owner.js';
import type { Setting } from '../tenants/setting.js';
import type { Pair } from '../world/subject.js';
import { hasKey, type Side, type Subject } from '../world/subject.js';
import type { World } from '../world/world.js';
import { controls } from './controls.js';
import { upsertCrossings } from './insert.js';
import { isGuarded, seeOnlyTenant } from './policies.js';
import { preparedCrossing } from './prepared.js';
import { withSecondOpinion } from './second-opinion.js';
import { readByKey, readEverything, selectCrossings } from './select.js';
import { tryAlike, tryOne } from './trials.js';
import { doesMore, tryAgainst, type Witness, witness } from './witness.js';
import { deleteCrossings, moveCrossings, updateCrossings, writesOutside } from './write.js';

/** Tries every crossing between two rows: of each tenant on the other one's, and without a tenant. */
export async function probePair(
  world: World,
  subject: Subject,
  { a, b }: Pair,
  setting: Setting,
  proofs: Proof[],
  omissions: Omission[],
): Promise<void> {
  const { session } = world;
  const { access } = subject;
  const [seenB, seenA] = await Promise.all([witness(session, subject, b), witness(session, subject, a)]);
  if (access.select.length > 0) {
    const sides = [
      { side: a, seen: seenA },
      { side: b, seen: seenB },
    ];
    omissions.push(...(await controls(session, subject, sides)));
  }
  const ofA = { session: session.as(a.tenant), roles: setting.roles };
  const ofB = { session: session.as(b.tenant), roles: setting.roles };
  const tried = await Promise.all([
    cross(world, subject, a, b, seenB, setting, ofA),
    access.select.length > 0 ? preparedCrossing(session, subject, a, b) : [],
    cross(world, subject, b, a, seenA, setting, ofB),
    ...setting.guises.map((guise) => crossInGuise(world, subject, a, b, seenB, setting, guise)),
    ...setting.strangers.map((stranger) => underStranger(session, subject, b, stranger, seenB)),
  ]);
  proofs.push(...tried.flat());
}

/** The same as another role, or in another part that the application plays. */
async function crossInGuise(
  world: World,
  subject: Subject,
  actor: Side,
  victim: Side,
  seen: Witness | undefined,
  setting: Setting,
  guise: Guise,
): Promise<Proof[]> {
  const session = inGuise(world.session.as(actor.tenant), guise);
  const { roles = setting.roles, name } = guise;
  const open = guise.roles ? whollyOpen(subject, world.readOnly) : subject;
  const proofs = await cross(world, open, actor, victim, seen, setting, { session, roles });
  return proofs.map((proof) => ({ ...proof, guise: name }));
}

/** Who tries it. */
interface Actor {
  session: TrialSession;
  /** The roles whose policies apply. */
  roles: ReadonlySet<string>;
}

/** Everything that one tenant can try on the other's row. */
async function cross(
  world: World,
  subject: Subject,
  actor: Side,
  victim: Side,
  seen: Witness | undefined,
  setting: Setting,
  { session, roles }: Actor,
): Promise<Proof[]> {
  const { access, relation } = subject;
  const mayUpdate = access.update.length > 0;
  const target = mayUpdate ? ownerOf(world, subject, victim, setting) : new Map();
  const trials = [
    ...(access.select.length > 0 ? selectCrossings(subject, actor, victim) : []),
    ...(mayUpdate ? updateCrossings(subject, actor, victim) : []),
    ...(access.delete ? deleteCrossings(subject, victim) : []),
  ];
  const moves = target.size > 0 ? moveCrossings(subject, actor, target) : [];
  const alike = !doesMore(relation) && (await seeOnlyTenant(subject.known));
  const tried = await Promise.all([
    tryAgainst(session, subject, victim, seen, trials),
    tryAlike(moves, (move) => tryOne(session, move), alike),
    access.insert.length > 0 ? upsertCrossings(session, subject, actor, victim, seen, alike) : [],
  ]);
  const bound = isGuarded(relation, roles) ? roles : undefined;
  return withSecondOpinion(world, session, subject, victim, tried.flat(), bound);
}

async function underStranger(
  session: ProbeSession,
  subject: Subject,
  victim: Side,
  { context, value }: Reader,
  seen: Witness | undefined,
): Promise<Proof[]> {
  const stranger = session.as(value);
  const everything = readEverything(subject, victim, context, undefined);
  const reads = hasKey(subject, victim.row)
    ? [everything, readByKey(subject, victim, everything)]
    : [everything];
  const trials = [
    ...(subject.access.select.length > 0 ? reads : []),
    ...writesOutside(subject, victim, context),
  ];
  const [refused, proofs] = await Promise.all([
    stranger.refused(),
    tryAgainst(stranger, subject, victim, seen, trials),
  ]);
  if (!refused) return proofs;
  const { sqlstate } = refused;
  return [{ command: 'select', form: 'set context', context, result: 'denied', by: 'error', sqlstate }];
}
