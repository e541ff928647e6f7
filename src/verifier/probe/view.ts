import { quoteIdent } from '../../identifiers.js';
import type { ClassifiedRelation } from '../../tenancy/model.js';
import { isTouchable } from './access.js';
import type { CommittedRows } from './committed.js';
import { basesOf } from './derived.js';
import { insertCrossings, insertForms } from './insert.js';
import { withoutPrivilege } from './privileges.js';
import type { Omission, Proof, RelationProbe } from './proof.js';
import { readEverything } from './select.js';
import { type Side, type Subject, subjectOf, typeOf } from './subject.js';
import type { Setting, TableProbe } from './table.js';
import { accessTo, type RowValues, type World } from './world.js';
import { deleteCrossings, moveCrossings, updateCrossings, type Witness, witness } from './write.js';

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
  const proofs: Proof[] = await withoutPrivilege(world.session, subject);
  const omissions: Omission[] = [];
  if (touchable) {
    const bases = [...basesOf(world, known)].flatMap((oid) => tables.get(oid) ?? []);
    if (subject.access.select.length > 0) await read(world, subject, setting, proofs, omissions);
    for (const base of bases) await write(world, subject, base, proofs);
  }
  return { relation: known.relation.oid, touchable, proofs, omissions };
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
      await session.become(tenant);
      proofs.push(await readEverything(session, subject, NOBODY, 'tenant', tenant));
    }
    for (const { context, value } of strangers) {
      if (!(await session.become(value)))
        proofs.push(await readEverything(session, subject, NOBODY, context, undefined));
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
};

function tellsTenant({ known, access }: Subject): boolean {
  return known.tenantColumn !== undefined && access.select.includes(known.tenantColumn);
}

/** Two tenants that exist, each of which sees rows of its own there. */
async function tenantsThatRead(
  world: World,
  { known, name, relation }: Subject,
  committed: CommittedRows,
): Promise<string[] | undefined> {
  const column = known.tenantColumn ?? '';
  const readers: string[] = [];
  for (const tenant of (await committed.tenantsOf(known, 2)) ?? []) {
    if (await world.session.become(tenant)) return undefined;
    const text = `select from ${name} where ${quoteIdent(column)} = $1::${typeOf(relation, column)} limit 1`;
    const attempt = await world.session.read({ text, values: [tenant] });
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
    if (access.update.length > 0) {
      proofs.push(...(await updateCrossings(session, through, side(actor), side(victim), seen)));
      const { tenantColumn } = subject.known;
      if (tenantColumn !== undefined && access.update.includes(tenantColumn)) {
        const target = new Map([[tenantColumn, victim.tenant]]);
        proofs.push(...(await moveCrossings(session, through, side(actor), target)));
      }
    }
    if (access.delete)
      proofs.push(...(await deleteCrossings(session, through, side(actor), side(victim), seen)));
    if (access.insert.length > 0) {
      const given = new Map([...side(victim).row].filter(([name]) => access.insert.includes(name)));
      await session.become(actor.tenant);
      proofs.push(...(await insertCrossings(session, insertForms(subject, given), 'tenant')));
    }
  }
}

/** The part of a table's row that a view shows under the same names. */
function shownOf({ relation }: Subject, row: RowValues): RowValues {
  return new Map([...row].filter(([name]) => relation.columns.some((column) => column.name === name)));
}
