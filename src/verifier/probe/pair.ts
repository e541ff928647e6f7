import type { Relation } from '../../catalog/snapshot.js';
import type { Proof } from './proof/proof.js';
import { fixtureFor } from './rows/fixtures.js';
import { demandOf, policyHints } from './rows/hints.js';
import { insertRow, makeRow } from './rows/make.js';
import type { Unmet } from './rows/references.js';
import { templateOf } from './rows/template.js';
import type { Attempt, Statement } from './session/attempt.js';
import { copyOf, pairThatExists, readRow } from './tenants/existing.js';
import { handedOut } from './tenants/handed-out.js';
import type { Tenants } from './tenants/tenants.js';
import { type InsertForm, insertForms } from './trials/insert.js';
import type { CommittedRows } from './world/committed.js';
import { hasKey, type Pair, type Side, type Subject } from './world/subject.js';
import { accessTo, type RowValues, rowsMade, type World } from './world/world.js';

/** Called with the statements that would add a row of the second tenant. */
export interface InsertTrial {
  /** Tries them as others. */
  tryInsert(forms: readonly InsertForm[]): Promise<void>;
  /** Only the first tenant's row is there; the second one's comes next. */
  beforeSecond(): Promise<void>;
  afterSecond(): Promise<void>;
  /** What the second tenant's row gave away when it was made. */
  report(proofs: readonly Proof[]): void;
}

/**
 * Sees to it that both tenants have a row: by the configured fixture, by rows made to measure, else by rows that exist,
 * of whichever two tenants have any.
 */
export async function pairOf(
  world: World,
  subject: Subject,
  tenants: Tenants,
  committed: CommittedRows,
  trial: InsertTrial,
): Promise<Pair | Unmet> {
  const made =
    (await pairByFixture(world, subject, tenants, trial)) ??
    (await pairMade(world, subject, tenants, committed, trial));
  if (!('reason' in made)) return made;
  const existing = await pairThatExists(world, subject, committed);
  if (!existing) return made;
  if (subject.access.insert.length > 0)
    await trial.tryInsert(insertForms(subject, copyOf(subject, existing.b.row)));
  return existing;
}

async function pairMade(
  world: World,
  subject: Subject,
  tenants: Tenants,
  committed: CommittedRows,
  trial: InsertTrial,
): Promise<Pair | Unmet> {
  const { session } = world;
  const entry = entryTo(world, subject.relation);
  if (!entry) return { reason: 'the login may not INSERT' };
  const { relation, within } = entry;
  const hints = await policyHints(subject.known, world.hints);
  const rowFor = async (tenant: string, run: (statement: Statement) => Promise<Attempt>) => {
    const make = (demands: RowValues) => makeRow(world, relation, tenant, demands, run, within);
    const first = await make(new Map());
    if ('reason' in first) {
      const template = await templateOf(world, subject.known, committed);
      const copied = template && (await make(template));
      return copied && 'row' in copied ? copied : first;
    }
    if (isReadable(subject, first.row)) return first;
    for (const hint of hints) {
      const next = await make(demandOf(hint, tenant));
      if ('row' in next && isReadable(subject, next.row)) return next;
    }
    return first;
  };
  const a = await rowFor(tenants.a, session.as(tenants.a).keep);
  if ('reason' in a) return a;
  rowsMade(world, relation, tenants.a).push(a.row);
  const b = await rowFor(tenants.b, session.as(tenants.b).attempt);
  if ('reason' in b) return b;
  if (!within) await trial.tryInsert(insertForms(subject, b.given, a.given));
  await trial.beforeSecond();
  const kept = await insertRow(world, relation, b.given, session.as(tenants.b).keep);
  if (!kept.attempt.ok) return { reason: `${kept.attempt.message} (${kept.attempt.sqlstate})` };
  rowsMade(world, relation, tenants.b).push(kept.row);
  if (tenants.fresh) trial.report(handedOut(relation, { given: b.given, row: kept.row }, a, tenants.a));
  await trial.afterSecond();
  return {
    a: { tenant: tenants.a, row: a.row },
    b: { tenant: tenants.b, row: kept.row },
    fresh: tenants.fresh,
  };
}

/** Whether a row could be read back when it was made, so that its key is known. */
function isReadable(subject: Subject, row: RowValues): boolean {
  return subject.access.select.length === 0 || hasKey(subject, row);
}

/** Where rows can be added so that they come to be here: the table itself, or one that it is a partition of. */
function entryTo(world: World, relation: Relation): { relation: Relation; within?: Relation } | undefined {
  if (accessTo(world, relation).insert.length > 0) return { relation };
  let above = relation.isPartition ? world.byOid.get(relation.parents[0] ?? 0)?.relation : undefined;
  while (above) {
    if (accessTo(world, above).insert.length > 0) return { relation: above, within: relation };
    above = above.isPartition ? world.byOid.get(above.parents[0] ?? 0)?.relation : undefined;
  }
  return undefined;
}

/** The two tenants' own rows in the root, which were there first. */
export async function pairOfRoot(
  world: World,
  subject: Subject,
  tenants: Tenants,
  committed: CommittedRows,
): Promise<Pair | Unmet> {
  const [a] = rowsMade(world, subject.relation, tenants.a);
  const [b] = rowsMade(world, subject.relation, tenants.b);
  if (a && b)
    return { a: { tenant: tenants.a, row: a }, b: { tenant: tenants.b, row: b }, fresh: tenants.fresh };
  const existing = await pairThatExists(world, subject, committed);
  return existing ?? { reason: 'two tenants do not see their own rows' };
}

async function pairByFixture(
  world: World,
  subject: Subject,
  tenants: Tenants,
  trial: InsertTrial,
): Promise<Pair | Unmet | undefined> {
  const sides: Side[] = [];
  for (const tenant of [tenants.a, tenants.b]) {
    const statements = await fixtureFor(world, subject.relation, tenant);
    if (!statements) return undefined;
    const session = world.session.as(tenant);
    for (const [index, statement] of statements.entries()) {
      if (tenant === tenants.b && index === statements.length - 1) {
        await trial.tryInsert([{ form: 'fixture', statement }]);
        await trial.beforeSecond();
      }
      const attempt = await session.keep(statement);
      if (!attempt.ok) return { reason: `its fixture failed: ${attempt.message} (${attempt.sqlstate})` };
    }
    const row = await readRow(world, subject, tenant, true);
    if (!row) return { reason: 'its fixture left no row that its tenant can read' };
    rowsMade(world, subject.relation, tenant).push(row);
    sides.push({ tenant, row });
  }
  await trial.afterSecond();
  const [a, b] = sides;
  return a && b && { a, b, fresh: tenants.fresh };
}
