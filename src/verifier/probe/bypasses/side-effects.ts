import { displayName, quoteIdent } from '../../../identifiers.js';
import type { ClassifiedRelation } from '../../../tenancy/model.js';
import { judge, type Trial } from '../proof/judge.js';
import type { Proof } from '../proof/proof.js';
import { filledRow } from '../rows/filled.js';
import { insertion } from '../rows/insertion.js';
import type { Statement } from '../session/attempt.js';
import { inTurn, type Turn } from '../session/turns.js';
import { contentsOf, differ } from '../tenants/differential.js';
import type { Tenants } from '../tenants/tenants.js';
import type { TableProbe } from '../trials/table-probe.js';
import { harmlessColumns } from '../trials/write.js';
import { isRow, type Subject, subjectOf, tellsTenant, typeOf } from '../world/subject.js';
import { accessTo, type World } from '../world/world.js';

/** More than these are not looked at: what a trigger puts together as text could write anywhere. */
const MOST_LOOKED_AT = 30;
const MOST_CONSTANTS = 8;

/**
 * Tries whether a tenant's write to its own rows writes to another tenant's elsewhere, by triggers or rules, once all tables
 * have rows of both.
 */
export async function trySideEffects(
  world: World,
  tables: ReadonlyMap<number, TableProbe>,
  tenants: Tenants,
): Promise<void> {
  for (const { subject, pair, probe } of tables.values()) {
    const { triggers, rules } = subject.relation;
    if (!pair || subject.access.insert.length === 0 || triggers.length + rules.length === 0) continue;
    const { relations, constants } = world.contacts.written(subject.known);
    const seen = relations
      .map((known) => subjectOf(known, accessTo(world, known.relation), pair.fresh))
      .filter(tellsTenant)
      .slice(0, MOST_LOOKED_AT);
    if (seen.length === 0) continue;
    if (!pair.fresh) {
      probe.omissions.push(NOT_FRESH);
      continue;
    }
    const looks = seen.flatMap((one) => looksAt(one, tenants, constants));
    probe.proofs.push(...(await tryOwnWrites(world, subject, tenants.a, looks)));
  }
}

const NOT_FRESH = {
  what: 'what its triggers and rules write elsewhere',
  reason: 'it is told apart only for tenants of the probe’s own',
  required: false,
};

/** What another tenant has in a relation. */
interface Look extends Turn {
  known: ClassifiedRelation;
}

/** The second tenant's rows, whole; of a tenant that the triggers name, which may have many, how many. */
function looksAt(subject: Subject, { a, b }: Tenants, constants: readonly string[]): Look[] {
  const { known, relation, name } = subject;
  const column = known.tenantColumn ?? '';
  const own = `${quoteIdent(column)} = $1::${typeOf(relation, column)}`;
  const look = (tenant: string, { text }: Statement): Look => ({
    known,
    tenant,
    statement: { text, values: [tenant] },
  });
  const named = constants.filter((text) => text !== a && text !== b).slice(0, MOST_CONSTANTS);
  return [
    look(b, contentsOf(subject, own)),
    ...named.map((tenant) => look(tenant, { text: `select count(*) from ${name} where ${own}` })),
  ];
}

/** Adds a row as the first tenant, changes it, and deletes it, and has others look before and after each. */
async function tryOwnWrites(
  world: World,
  subject: Subject,
  tenant: string,
  looks: readonly Look[],
): Promise<Proof[]> {
  const { relation, access, name } = subject;
  const key = subject.key[0] === 'tableoid' ? [] : subject.key;
  const made = await filledRow(world, relation, tenant, key);
  if ('reason' in made) return [];
  const trial = (command: Trial['command'], statement: Statement): Trial => ({
    ...{ command, form: 'own row', context: 'tenant', statement },
  });
  const add = trial('insert', insertion(relation, made.given));
  const found = [...(await tryOwn(world, tenant, [], add, looks))];
  if (key.length === 0) return found;
  const { text, values } = isRow(subject, made.given);
  const [column] = harmlessColumns(subject, { tenant, row: made.given }).filter((one) =>
    access.select.includes(one),
  );
  if (column !== undefined) {
    const set = `${quoteIdent(column)} = ${quoteIdent(column)}`;
    const change = trial('update', { text: `update ${name} set ${set} where ${text}`, values });
    found.push(...(await tryOwn(world, tenant, [add.statement], change, looks)));
  }
  if (access.delete) {
    const remove = trial('delete', { text: `delete from ${name} where ${text}`, values });
    found.push(...(await tryOwn(world, tenant, [add.statement], remove, looks)));
  }
  return found;
}

async function tryOwn(
  world: World,
  tenant: string,
  before: readonly Statement[],
  trial: Trial,
  all: readonly Look[],
): Promise<Proof[]> {
  const { session } = world;
  const own = (statement: Statement): Turn => ({ tenant, statement });
  const first = before.map(own);
  // What a tenant may not even ask for says nothing, and would end the turns.
  const tried = await Promise.all(all.map((look) => inTurn(session, [...first, look])));
  const looks = all.filter(
    (_, index) => tried[index]?.length === first.length + 1 && tried[index]?.at(-1)?.ok,
  );
  const attempts = await inTurn(session, [...first, ...looks, own(trial.statement), ...looks]);
  const [was, done, is] = [
    attempts.slice(first.length, first.length + looks.length),
    attempts[first.length + looks.length],
    attempts.slice(first.length + looks.length + 1),
  ];
  if (!done?.ok || done.count === 0) return [];
  return looks.flatMap(({ known }, index): Proof[] => {
    const [earlier, later] = [was[index], is[index]];
    if (!earlier?.ok || !later?.ok || !differ(earlier, later)) return [];
    const detail = `changed another tenant's rows in ${displayName(known.relation)} by writing to its own`;
    return [{ ...judge(trial, done, detail), kind: 'effect' }];
  });
}
