import type { Column, Relation } from '../../../catalog/snapshot.js';
import { quoteIdent } from '../../../identifiers.js';
import { type Crossing, conclude } from '../proof/judge.js';
import type { ProbeContext, Proof } from '../proof/proof.js';
import { type InsertOptions, insertion } from '../rows/insertion.js';
import type { Statement } from '../session/attempt.js';
import type { TrialSession } from '../session/session.js';
import type { Side, Subject } from '../world/subject.js';
import type { RowValues } from '../world/world.js';
import { tryAlike } from './trials.js';
import { doesMore, tryAgainst, type Witness, type Write } from './witness.js';
import { harmlessColumns } from './write.js';

/** One way to add a row. */
export interface InsertForm {
  form: string;
  statement: Statement;
  /**
   * The trying tenant's own values under the other tenant's name: where a trigger looks the other's parents up, finds
   * them hidden and complains before any policy is asked, this one gets as far as the policies.
   */
  disguised?: Statement | undefined;
  /** Whether the policies that refuse it would refuse the same row in other forms, too. */
  alike?: boolean | undefined;
}

/**
 * INSERT of a row: plain; RETURNING, which brings the SELECT policies in; ON CONFLICT, another way through them. The policies
 * for INSERT decide about the plain one alone, and about the others before all else: before any conflict is looked for.
 *
 * @param own values that the trying tenant could add for itself
 */
export function insertForms(subject: Subject, given: RowValues, own?: RowValues): InsertForm[] {
  const { relation, access, known } = subject;
  const [readable] = access.select;
  const tenant = known.tenantColumn;
  const disguise =
    own && tenant !== undefined ? new Map([...own, [tenant, given.get(tenant) ?? null]]) : undefined;
  const form = (name: string, options: InsertOptions): InsertForm => ({
    form: name,
    statement: insertion(relation, given, options),
    disguised: disguise && insertion(relation, disguise, options),
    alike: !doesMore(relation),
  });
  if (readable === undefined) return [form('plain', {})];
  return [
    form('plain', {}),
    form('returning', { returning: [readable] }),
    ...(takesOnConflict(relation) ? [form('on conflict do nothing', { onConflict: 'do nothing' })] : []),
  ];
}

/** PostgreSQL takes no ON CONFLICT where rules rewrite what is inserted or updated. */
export function takesOnConflict({ rules }: Relation): boolean {
  return !rules.some(({ event }) => event === 'insert' || event === 'update');
}

/**
 * Tries to add a row of another tenant under the present context. The values are known to be good: the database takes
 * them in that tenant's own context.
 */
export async function insertCrossings(
  session: TrialSession,
  forms: readonly InsertForm[],
  context: ProbeContext,
): Promise<Proof[]> {
  const [first] = forms;
  const tried = await tryAlike(
    context === 'tenant' ? forms : forms.slice(0, 1),
    ({ form, statement }) => tryInsert(session, form, context, statement),
    first?.alike ?? false,
  );
  return Promise.all(
    tried.map(async (proof, index) => {
      const { form, disguised } = forms[index] ?? {};
      if (proof.result !== 'failed' || form === undefined || !disguised) return proof;
      const other = await tryInsert(session, form, context, disguised);
      return other.result === 'failed' ? proof : other;
    }),
  );
}

async function tryInsert(
  session: TrialSession,
  form: string,
  context: ProbeContext,
  statement: Statement,
): Promise<Proof> {
  const crossing: Crossing = {
    ...{ command: 'insert', form, context, statement },
    reached: ({ count }) => (count > 0 ? 'added a row that belongs to another tenant' : undefined),
  };
  return conclude(crossing, await session.attempt(statement));
}

/**
 * A tenant that adds a further tenant reaches nobody's rows, and a sign-up may have to: told, and no crossing.
 */
export function asSignUp(proofs: readonly Proof[]): Proof[] {
  return proofs.map((proof) =>
    proof.command === 'insert' && proof.result === 'crossed'
      ? { ...proof, result: 'allowed', detail: 'added a further tenant' }
      : proof,
  );
}

/**
 * INSERT … ON CONFLICT DO UPDATE against the other tenant's row, by every key that it could conflict on: under that
 * tenant's name, and, where the key does not tell tenants apart, under the own one. What gets no answer is left out:
 * INSERT and UPDATE are each tried by themselves. The policies for INSERT come before any conflict is looked for.
 *
 * @param alike whether policies that refuse one row of a tenant refuse each
 */
export async function upsertCrossings(
  session: TrialSession,
  subject: Subject,
  actor: Side,
  victim: Side,
  seen: Witness | undefined,
  alike: boolean,
): Promise<Proof[]> {
  const { relation, access, known } = subject;
  const isGiven = ({ name, generated }: Column) => !generated && access.insert.includes(name);
  const own = new Map(
    [...actor.row].filter(([name]) => relation.columns.some((c) => c.name === name && isGiven(c))),
  );
  const column = harmlessColumns(subject, actor).find((name) => own.has(name));
  if (column === undefined || !takesOnConflict(relation)) return [];
  const unique = relation.indexes.filter((index) => index.unique).flatMap(({ columns }) => columns);
  const { tenantColumn } = known;
  const everyKey = unique.filter((name) => own.has(name));
  const tryUpsert = async (key: string[], owner: Side): Promise<Proof[]> => {
    const onConflict = `(${key.map(quoteIdent).join(', ')}) do update set ${quoteIdent(column)} = excluded.${quoteIdent(column)}`;
    const taken = (names: string[]) => names.map((name) => [name, victim.row.get(name) ?? null] as const);
    const tenant = tenantColumn === undefined ? [] : [[tenantColumn, owner.tenant] as const];
    // The key alone, or, where another key of the own row gets in the way, all of them.
    for (const names of [key, everyKey]) {
      const statement = insertion(relation, new Map([...own, ...taken(names), ...tenant]), { onConflict });
      const form = 'on conflict do update';
      const write: Write = { command: 'insert', form, context: 'tenant', statement, blind: true };
      const proofs =
        owner === victim
          ? [await tryInsert(session, form, 'tenant', statement)]
          : await tryAgainst(session, subject, victim, seen, [write]);
      if (proofs.every(({ result }) => result !== 'failed')) return proofs;
    }
    return [];
  };
  const keys = conflictKeys(subject, own, victim);
  const others = keys.filter((key) => tenantColumn !== undefined && !key.includes(tenantColumn));
  const proofs = await Promise.all([
    tryAlike(keys, (key) => tryUpsert(key, victim), alike),
    ...others.map((key) => tryUpsert(key, actor)),
  ]);
  return proofs.flat();
}

/** Keys that ON CONFLICT can name, all of whose columns can be written and read. */
function conflictKeys({ relation, access }: Subject, own: RowValues, { row }: Side): string[][] {
  const deferrable = new Set(relation.constraints.filter((c) => c.deferrable).map(({ name }) => name));
  return (
    relation.indexes
      .filter(({ unique, valid, predicate }) => unique && valid && !predicate)
      .filter(({ constraint }) => constraint === undefined || !deferrable.has(constraint))
      .map(({ columns }) => columns)
      .filter(
        (columns) =>
          columns.length > 0 && columns.every((name) => own.has(name) && access.select.includes(name)),
      )
      // NULL conflicts with nothing.
      .filter((columns) => columns.every((name) => typeof row.get(name) === 'string'))
  );
}
