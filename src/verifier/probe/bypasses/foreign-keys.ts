import { quoteIdent } from '../../../identifiers.js';
import { judge, type Trial } from '../proof/judge.js';
import type { Omission, Proof } from '../proof/proof.js';
import { filledRow } from '../rows/filled.js';
import { insertion } from '../rows/insertion.js';
import { makeRow } from '../rows/make.js';
import { distinctFirst, newToken, valuesFor } from '../rows/values.js';
import type { Answer, Attempt, Statement } from '../session/attempt.js';
import { inTurn, type Turn } from '../session/turns.js';
import { contentsOf, differ } from '../tenants/differential.js';
import type { Link } from '../world/links.js';
import type { Pair } from '../world/subject.js';
import {
  columnNamed,
  hasKey,
  isRow,
  lookAt,
  type Side,
  type Subject,
  subjectOf,
  typeOf,
} from '../world/subject.js';
import { accessTo, type RowValues, type World } from '../world/world.js';

/**
 * Tries the foreign keys that the catalog shows to reach another tenant: whether a row may refer to another tenant's, and
 * what becomes of it when that tenant deletes its own row or changes its key. The row referred to is a new one each time.
 */
export async function foreignKeyCrossings(
  world: World,
  subject: Subject,
  { a, b }: Pair,
  omissions: Omission[],
): Promise<Proof[]> {
  const proofs: Proof[] = [];
  if (subject.access.insert.length === 0 && subject.access.update.length === 0) return proofs;
  for (const link of world.contacts.links(subject.known)) {
    const parent = subjectOf(link.parent, accessTo(world, link.parent.relation), subject.fresh);
    const parties = await partiesOf(world, link, a, b);
    const found = parties && (await tryLink(world, { subject, parent, link, ...parties }));
    if (found && 'proofs' in found) proofs.push(...found.proofs);
    else if (found)
      omissions.push({ what: `where ${link.constraint.name} leads`, ...found, required: false });
  }
  return proofs;
}

/** Whose row refers to the first tenant's, and who might then see a difference. */
interface Parties {
  owner: Side;
  referrer: Side;
  viewer: string;
}

/** For a key that sets the tenant: the tenant that it sets, where it is not the row's own again. */
async function partiesOf(
  world: World,
  { tenantAfter }: Link,
  a: Side,
  b: Side,
): Promise<Parties | undefined> {
  if (tenantAfter === undefined) return { owner: a, referrer: b, viewer: b.tenant };
  const attempt = await world.session.as(a.tenant).attempt({ text: `select (${tenantAfter})::text` });
  const viewer = attempt.ok ? attempt.rows[0]?.[0] : undefined;
  return viewer && viewer !== a.tenant ? { owner: a, referrer: a, viewer } : undefined;
}

interface Case extends Parties {
  subject: Subject;
  parent: Subject;
  link: Link;
}

async function tryLink(world: World, one: Case): Promise<{ proofs: Proof[] } | { reason: string }> {
  const { parent, link, owner, referrer, viewer } = one;
  const { columns } = link.foreignKey;
  if (parent.access.insert.length === 0) return { reason: 'the login may not add what it leads to' };
  const made = await filledRow(world, parent.relation, owner.tenant, columns);
  if ('reason' in made) return made;
  const begin: Turn = { tenant: owner.tenant, statement: insertion(parent.relation, made.given) };
  const key = new Map(columns.map((name) => [name, made.given.get(name) ?? null]));
  const tie = await tieTo(world, one, begin, key);
  if ('reason' in tie) return tie;
  const proofs: Proof[] = link.tenantAfter === undefined ? [tie.proof] : [];
  const look = { tenant: viewer, statement: tie.look };
  const before = [begin, { tenant: referrer.tenant, statement: tie.statement }, look];
  for (const act of await actsOn(parent, key)) {
    const turns = [...before, { tenant: owner.tenant, statement: act.statement }, look];
    proofs.push(...judgeAct(one, act, (await inTurn(world.session, turns)).slice(2)));
  }
  return { proofs };
}

interface Tie {
  statement: Statement;
  /** What the viewer looks at. */
  look: Statement;
  proof: Proof;
}

/** Has the referrer's row refer to the owner's: the one that is there, else a new one. */
async function tieTo(
  world: World,
  { subject, link, referrer, viewer }: Case,
  begin: Turn,
  key: RowValues,
): Promise<Tie | { reason: string }> {
  const { relation, access, name } = subject;
  const target = new Map(
    link.constraint.columns.map((column, index) => [
      column,
      key.get(link.foreignKey.columns[index] ?? '') ?? null,
    ]),
  );
  const say = async (statement: Statement): Promise<Attempt> => {
    const [added, said] = await inTurn(world.session, [begin, { tenant: referrer.tenant, statement }]);
    return said ?? added ?? { ok: true, rows: [], count: 0 };
  };
  const proofOf = (command: 'insert' | 'update', statement: Statement): Proof => {
    const trial: Trial = { command, form: 'refer', context: 'tenant', statement };
    const answer: Answer = { ok: true, rows: [], count: 1 };
    return { ...judge(trial, answer, "made its row refer to another tenant's"), kind: 'reference' };
  };
  const columns = [...target.keys()];
  // A tenant that exists may have many rows.
  const isSmall = subject.fresh && viewer === referrer.tenant;
  const whole = isSmall ? contentsOf(subject) : { text: `select count(*) from ${name}` };
  let reason = 'the login may not write the columns that refer';
  if (columns.every((column) => access.update.includes(column)) && hasKey(subject, referrer.row)) {
    const where = isRow(subject, referrer.row, columns.length + 1);
    const statement = {
      text: `update ${name} set ${assignments(subject, columns)} where ${where.text}`,
      values: [...target.values(), ...where.values],
    };
    const attempt = await say(statement);
    // Where the row is known by its place, that changes with each update; where its tenant changes, its key may.
    const stays = subject.key[0] !== 'tableoid' && viewer === referrer.tenant;
    const look = stays ? lookAt(subject, referrer.row) : whole;
    if (attempt.ok && attempt.count > 0) return { statement, look, proof: proofOf('update', statement) };
    if (!attempt.ok) reason = `${attempt.message} (${attempt.sqlstate})`;
  }
  if (access.insert.length === 0) return { reason };
  const made = await makeRow(world, relation, referrer.tenant, target, say);
  if ('reason' in made) return { reason: made.reason };
  const statement = insertion(relation, made.given);
  return { statement, look: whole, proof: proofOf('insert', statement) };
}

/** What the owner may do to its row: each of it might take rows that refer to it along. */
async function actsOn(parent: Subject, key: RowValues): Promise<Trial[]> {
  const { access, relation, name } = parent;
  const columns = [...key.keys()];
  if (!columns.every((column) => access.select.includes(column))) return [];
  const where = (first: number) =>
    columns
      .map((column, at) => `${quoteIdent(column)} = $${first + at}::${typeOf(relation, column)}`)
      .join(' and ');
  const acts: Trial[] = [];
  const add = (command: 'update' | 'delete', form: string, statement: Statement) =>
    acts.push({ command, form, context: 'tenant', statement });
  if (access.delete)
    add('delete', 'delete own', { text: `delete from ${name} where ${where(1)}`, values: [...key.values()] });
  const changed = columns.filter((column) => column !== parent.known.tenantColumn);
  if (changed.length === 0 || !changed.every((column) => access.update.includes(column))) return acts;
  const values: (string | null)[] = [];
  for (const column of changed) {
    const known = columnNamed(relation, column);
    if (!known || known.generated || known.identity === 'always') return acts;
    const [value] = distinctFirst(await valuesFor(known, newToken()));
    if (value === undefined) return acts;
    values.push(value);
  }
  add('update', 'change own key', {
    text: `update ${name} set ${assignments(parent, changed)} where ${where(changed.length + 1)}`,
    values: [...values, ...key.values()],
  });
  return acts;
}

function assignments({ relation }: Subject, columns: readonly string[]): string {
  return columns.map((name, at) => `${quoteIdent(name)} = $${at + 1}::${typeOf(relation, name)}`).join(', ');
}

/** What the viewer saw before, what came of the act, what is seen after it. */
function judgeAct({ link, viewer, referrer }: Case, act: Trial, [before, done, after]: Attempt[]): Proof[] {
  if (!before?.ok || !done) return [];
  const isOwn = viewer !== referrer.tenant;
  const crossed = (kind: Proof['kind'], detail: string): Proof[] => [
    { ...judge(act, { ok: true, rows: [], count: 1 }, detail), kind },
  ];
  if (!done.ok) {
    const isHeld = !isOwn && done.sqlstate.startsWith('23') && done.constraint === link.constraint.name;
    return isHeld
      ? crossed('reference', "was refused a change of its own row, to which another tenant's refers")
      : [];
  }
  if (done.count === 0 || !after?.ok || !differ(before, after)) return [];
  if (isOwn) return crossed('cascade', 'gave a row of its own to another tenant');
  const [was, is] = [Number(before.rows[0]?.[0]), Number(after.rows[0]?.[0])];
  return crossed(
    'cascade',
    is < was ? "removed another tenant's row with its own" : "changed another tenant's row with its own",
  );
}
