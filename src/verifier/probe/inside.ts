import { inheritedRoles } from '../../catalog/roles.js';
import type { CatalogSnapshot, Relation } from '../../catalog/snapshot.js';
import type { Client } from '../../postgres/connect.js';
import type { ClassifiedRelation } from '../../tenancy/model.js';
import { inBatches } from './batches.js';
import { trySideEffects } from './bypasses/side-effects.js';
import { probeFrozen } from './frozen.js';
import { type FunctionProbe, probeFunctions } from './functions/functions.js';
import { outsideCase } from './outside-case.js';
import { type Power, tryPowers } from './powers.js';
import type { RelationProbe } from './proof/proof.js';
import { type LentFrame, OWN_TRANSACTION, READ_ONLY_TRANSACTION } from './session/frame.js';
import { openSession } from './session/session.js';
import { probeOther, probeShared } from './shared.js';
import { probeTable } from './table.js';
import { actorIn, untriedRole } from './tenants/actor.js';
import type { Reader } from './tenants/differential.js';
import { roleGuises, variantGuises } from './tenants/guise.js';
import type { Setting } from './tenants/setting.js';
import { chooseTenants, MALFORMED_TENANT, unusedTenant } from './tenants/tenants.js';
import { openWatch } from './tenants/watch.js';
import type { OutsideCase } from './trials/outside.js';
import type { TableProbe } from './trials/table-probe.js';
import { probeDerived } from './view.js';
import { isTouchable, readAccess } from './world/access.js';
import { readBounds } from './world/bounds.js';
import { contactsIn } from './world/contacts.js';
import { basesOf, isDerived } from './world/derived.js';
import { leaveUnwritten, leftAlone, NO_LIMITS, withinLimits } from './world/limits.js';
import { tablesInOrder } from './world/order.js';
import { plansAlike, readOwnCode } from './world/plans.js';
import type { ProbeSetup } from './world/setup.js';
import { accessTo, type World } from './world/world.js';

/** What was found inside the transaction, and what is left to try outside of it. */
export interface Inside {
  relations: RelationProbe[];
  functions: FunctionProbe[];
  powers: Power[];
  cases: OutsideCase[];
  /** A tenant whose context can be set. */
  tenant: string;
}

/** Makes rows of two tenants in one transaction, tries every crossing among them, and rolls back. */
export async function probeInside(
  client: Client,
  input: ProbeSetup,
  lent?: LentFrame,
): Promise<Inside | { reason: string }> {
  const { snapshot, model, committed, role, signal, limits = NO_LIMITS } = input;
  const { readOnly } = limits;
  const frame = lent ?? (readOnly ? READ_ONLY_TRANSACTION : OWN_TRANSACTION);
  const { root } = model;
  if (!root) return { reason: 'the database holds no relation yet' };
  const session = await openSession(client, model.config.context, signal, frame);
  try {
    const unused = await unusedTenant(root);
    // What the context makes of the login decides what it may do: asked once it is set.
    const actor = await actorIn(session, unused, () => committed.tenantsOf(root, 1), role);
    const oids = snapshot.relations.map(({ oid }) => oid);
    const [held, bounds, ownCode] = [
      await readAccess(client, oids),
      await readBounds(client),
      await readOwnCode(client),
    ];
    const access = withinLimits(held, limits);
    const world: World = {
      ...{ session, snapshot, model, access, bounds, ownCode, made: new Map(), making: new Set(), readOnly },
      byOid: new Map(model.relations.map((known) => [known.relation.oid, known])),
      hints: input.hints ?? new Map(),
      children: childrenByParent(snapshot.relations),
      contacts: await contactsIn(snapshot, model),
    };
    const strangers: Reader[] = [
      { context: 'empty', value: '' },
      { context: 'malformed', value: MALFORMED_TENANT },
      { context: 'unknown', value: unused },
    ];
    const watch = openWatch(world, strangers);
    const tenants = await chooseTenants(world, root, committed, watch);
    if ('reason' in tenants) return tenants;
    const roles = inheritedRoles(snapshot, actor);
    // On a lent connection RESET ROLE would make it its lender's again.
    const others = frame.lent ? [] : roleGuises(snapshot, role, actor);
    const guises = [...(await variantGuises(model.config.context)), ...others];
    const setting = { tenants, strangers, committed, unused, watch, roles, guises };
    const inside = await probeAll(world, setting, input, frame.lent);
    inside.powers = await tryPowers(world, session.as(tenants.a), actor);
    inside.functions = await probeFunctions(world, setting, input);
    addUntriedRoles(inside, snapshot, role, actor);
    if (readOnly) for (const probe of inside.relations) leaveUnwritten(probe, held.get(probe.relation));
    return inside;
  } finally {
    await session.end();
  }
}

async function probeAll(world: World, setting: Setting, input: ProbeSetup, lent: boolean): Promise<Inside> {
  const { model, isWanted = () => true, onEvent, limits = NO_LIMITS } = input;
  const asked = model.relations.filter(({ relation }) => isWanted(relation));
  const wanted = asked.filter(({ relation }) => !limits.excluded.has(relation.oid));
  const result: Inside = { relations: [], functions: [], powers: [], cases: [], tenant: setting.tenants.a };
  const add = (probe: RelationProbe) => {
    result.relations.push(probe);
    const [done, total] = [result.relations.length, asked.length];
    onEvent({ kind: 'progress', task: 'probe', done, total, unit: 'relations' });
  };
  for (const { relation } of asked) if (limits.excluded.has(relation.oid)) add(leftAlone(relation.oid));
  const tables = new Map<number, TableProbe>();
  const order = tablesInOrder(wanted).filter((known) => !isDerived(known));
  // On a lent connection a look at rows that are there takes several statements, with nothing between them.
  const batches = lent ? order.map((known) => [known]) : inBatches(world, order);
  const positions = new Map(order.map(({ relation }, index) => [relation.oid, index]));
  /** Derived relations with the position of the last table below each. */
  const waiting = new Map(
    wanted
      .filter(isDerived)
      .map((view) => [
        view,
        Math.max(-1, ...[...basesOf(world, view)].map((oid) => positions.get(oid) ?? -1)),
      ]),
  );
  const probeBatch = async (batch: readonly ClassifiedRelation[]) => {
    const touchable = batch.filter(({ relation }) => isTouchable(accessTo(world, relation)));
    const looking = setting.committed.holdRows(touchable);
    // Where the work is broken off before, nobody waits for it.
    looking.catch(() => {});
    if (lent) await looking;
    const probeOne = async (known: ClassifiedRelation) => {
      const probed = await probeTable(world, known, setting);
      const holdsRows = (await looking)[touchable.indexOf(known)];
      return { probed, outside: await outsideCase(world, probed, setting, holdsRows) };
    };
    return Promise.all(batch.map(probeOne));
  };
  let done = 0;
  const isAlike = plansAlike(world);
  for (const batch of batches) {
    await world.session.reusePlans(batch.every(isAlike));
    for (const { probed, outside } of await probeBatch(batch)) {
      tables.set(probed.subject.relation.oid, probed);
      if (outside) result.cases.push(outside);
      add(probed.probe);
    }
    done += batch.length;
    // As soon as the last table below a view has its rows, and before anything refers to them.
    for (const [view, last] of waiting) {
      if (last >= done) continue;
      waiting.delete(view);
      await world.session.reusePlans(false);
      add(await probeDerived(world, view, tables, setting));
    }
  }
  await world.session.reusePlans(false);
  await trySideEffects(world, tables, setting.tenants);
  const probed = new Set(result.relations.map(({ relation }) => relation));
  for (const known of wanted) {
    if (!probed.has(known.relation.oid)) add(await probeRest(world, known, setting));
  }
  return result;
}

/** What nobody tried, since only a role that the login may become could, is left open. */
function addUntriedRoles(
  { relations }: Inside,
  snapshot: CatalogSnapshot,
  login: string,
  actor: string,
): void {
  const untried = untriedRole(snapshot, login, actor);
  const byOid = new Map(snapshot.relations.map((relation) => [relation.oid, relation]));
  for (const probe of relations) {
    const relation = byOid.get(probe.relation);
    const omission = relation && !probe.touchable ? untried(relation) : undefined;
    if (omission) probe.omissions.push(omission);
  }
}

function childrenByParent(relations: readonly Relation[]): Map<number, Relation[]> {
  const children = new Map<number, Relation[]>();
  for (const relation of relations) {
    for (const parent of relation.parents) {
      const known = children.get(parent);
      if (known) known.push(relation);
      else children.set(parent, [relation]);
    }
  }
  return children;
}

/** Everything but tables of tenants and what shows their rows. */
function probeRest(world: World, known: ClassifiedRelation, setting: Setting): Promise<RelationProbe> {
  switch (known.class) {
    case 'shared':
      return probeShared(world, known, setting.tenants.a);
    case 'root':
    case 'tenant':
      return probeFrozen(world, known, setting);
    default:
      return probeOther(world, known);
  }
}
