import { quoteIdent } from '../../identifiers.js';
import type { ClassifiedRelation } from '../../tenancy/model.js';
import type { Omission, Proof, RelationProbe } from './proof/proof.js';
import { demandOf, viewHints } from './rows/hints.js';
import { makeRow } from './rows/make.js';
import type { Setting } from './tenants/setting.js';
import { insertCrossings, insertForms } from './trials/insert.js';
import { withoutPrivilege } from './trials/privileges.js';
import { readEverything } from './trials/select.js';
import type { TableProbe } from './trials/table-probe.js';
import { tryEach } from './trials/trials.js';
import { tryAgainst, type Witness, witness } from './trials/witness.js';
import { deleteCrossings, moveCrossings, updateCrossings } from './trials/write.js';
import { isTouchable } from './world/access.js';
import type { CommittedRows } from './world/committed.js';
import { basesOf } from './world/derived.js';
import { type Side, type Subject, subjectOf, tellsTenant, typeOf } from './world/subject.js';
import { accessTo, type RowValues, rowsMade, type World } from './world/world.js';

/**
 * Tries every crossing through a view, or another relation that shows rows stored elsewhere, once the tables below it
 * have rows of two tenants.
 */
export async function probeDerived(
  world: World,
  known: ClassifiedRelation,
  tables: ReadonlyMap<number, TableProbe>,
  setting: Setting,
): Promise<RelationProbe> {
  const subject = subjectOf(known, accessTo(world, known.relation), setting.tenants.fresh);
  const touchable = isTouchable(subject.access);
  const proofs: Proof[] = await withoutPrivilege(world, subject);
  const omissions: Omission[] = [];
  if (touchable) {
    // In the order in which their rows were made.
    const below = basesOf(world, known);
    const bases = [...tables].flatMap(([oid, table]) => (below.has(oid) ? [table] : []));
    if (!setting.watch.of(known).shows) await makeItShow(world, known, bases, setting);
    if (subject.access.select.length > 0) await read(world, subject, setting, proofs, omissions);
    for (const base of bases) await write(world, subject, base, proofs);
  }
  return { relation: known.relation.oid, touchable, proofs, omissions };
}

/**
 * Adds rows of the second tenant to the tables below until one shows in the view, whose query may leave others out: first
 * one of what the query names, then, for a join, one in each table after it, which will refer to the new one.
 */
async function makeItShow(
  world: World,
  view: ClassifiedRelation,
  bases: readonly TableProbe[],
  { watch }: Setting,
): Promise<void> {
  const { session } = world;
  const usable = bases.filter(({ pair, subject }) => pair?.fresh && subject.access.insert.length > 0);
  const add = async ({ subject, pair }: TableProbe, demands: (tenant: string) => RowValues) => {
    if (!pair) return;
    const { known, relation } = subject;
    await watch.beforeSecond(known, pair.a.tenant, pair.b.tenant);
    const made = await makeRow(
      world,
      relation,
      pair.b.tenant,
      demands(pair.b.tenant),
      session.as(pair.b.tenant).keep,
    );
    if ('reason' in made) return;
    rowsMade(world, relation, pair.b.tenant).unshift(made.row);
    await watch.afterSecond(known);
  };
  for (const [index, base] of usable.entries()) {
    for (const hint of await viewHints(view.relation, base.subject.known)) {
      await add(base, (tenant) => demandOf(hint, tenant));
      for (const later of usable.slice(index + 1)) {
        if (!watch.of(view).shows) await add(later, () => new Map());
      }
      if (watch.of(view).shows) return;
    }
  }
}

async function read(
  world: World,
  subject: Subject,
  setting: Setting,
  proofs: Proof[],
  omissions: Omission[],
): Promise<void> {
  const { session } = world;
  const { tenants, strangers, committed, watch } = setting;
  const { proofs: differences, shows } = watch.of(subject.known);
  proofs.push(...differences);
  if (tellsTenant(subject)) {
    const readers = (shows ? undefined : await tenantsThatRead(world, subject, committed)) ?? [
      tenants.a,
      tenants.b,
    ];
    for (const tenant of readers) {
      const crossing = readEverything(subject, NOBODY, 'tenant', tenant);
      proofs.push(...(await tryEach(session.as(tenant), [crossing])));
    }
    for (const { context, value } of strangers) {
      if (await session.as(value).refused()) continue;
      const crossing = readEverything(subject, NOBODY, context, undefined);
      proofs.push(...(await tryEach(session.as(value), [crossing])));
    }
    if (!shows && readers[0] === tenants.a) omissions.push(SHOWS_NOTHING);
  } else if (!shows) {
    omissions.push(SHOWS_NOTHING);
  }
}

const NOBODY: Side = { tenant: '', row: new Map() };

const SHOWS_NOTHING: Omission = {
  what: 'the positive control',
  reason: 'no row that the probe could make, and none of two tenants that exist, shows in it',
  required: true,
  remedy: 'verify where two tenants have rows that show in it',
};

/** Two tenants that exist, each of which sees rows of its own there. */
async function tenantsThatRead(
  world: World,
  { known, name, relation }: Subject,
  committed: CommittedRows,
): Promise<string[] | undefined> {
  const column = known.tenantColumn ?? '';
  const readers: string[] = [];
  for (const tenant of (await committed.tenantsOf(known, 2)) ?? []) {
    const session = world.session.as(tenant);
    if (await session.refused()) return undefined;
    const text = `select from ${name} where ${quoteIdent(column)} = $1::${typeOf(relation, column)} limit 1`;
    const attempt = await session.attempt({ text, values: [tenant] });
    if (attempt.ok && attempt.count === 1) readers.push(tenant);
  }
  return readers.length === 2 ? readers : undefined;
}

/** Writes through the relation, judged by the rows in a table below it. */
async function write(world: World, subject: Subject, base: TableProbe, proofs: Proof[]): Promise<void> {
  const { access } = subject;
  const { pair } = base;
  if (!pair || (access.update.length === 0 && !access.delete && access.insert.length === 0)) return;
  const { session } = world;
  const through: Subject = { ...subject, bound: base.subject.bound, fresh: pair.fresh };
  const side = ({ tenant, row }: Side): Side => ({ tenant, row: shownOf(subject, row) });
  for (const [actor, victim] of [
    [pair.a, pair.b],
    [pair.b, pair.a],
  ] as const) {
    const seen: Witness | undefined = await witness(session, base.subject, victim);
    const speaker = session.as(actor.tenant);
    const writes = access.update.length > 0 ? updateCrossings(through, side(actor), side(victim)) : [];
    if (access.delete) writes.push(...deleteCrossings(through, side(victim)));
    proofs.push(...(await tryAgainst(speaker, through, side(victim), seen, writes)));
    const { tenantColumn } = subject.known;
    if (tenantColumn !== undefined && access.update.includes(tenantColumn)) {
      const target = new Map([[tenantColumn, victim.tenant]]);
      proofs.push(...(await tryEach(speaker, moveCrossings(through, side(actor), target))));
    }
    if (access.insert.length > 0) {
      const given = new Map([...side(victim).row].filter(([name]) => access.insert.includes(name)));
      proofs.push(...(await insertCrossings(speaker, insertForms(subject, given), 'tenant')));
    }
  }
}

/** The part of a table's row that a view shows under the same names. */
function shownOf({ relation }: Subject, row: RowValues): RowValues {
  return new Map([...row].filter(([name]) => relation.columns.some((column) => column.name === name)));
}
