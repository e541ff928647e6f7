import type { Column } from '../../catalog/snapshot.js';
import { quoteIdent } from '../../identifiers.js';
import { judge, type Trial } from './judge.js';
import type { ProbeContext, Proof } from './proof.js';
import { type InsertOptions, insertion } from './rows/insertion.js';
import type { ProbeSession, Statement } from './session.js';
import type { Side, Subject } from './subject.js';
import { tryWrite, type Witness } from './witness.js';
import type { RowValues } from './world.js';
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
}

/**
 * INSERT of a row: plain; RETURNING, which brings the SELECT policies in; ON CONFLICT, another way through them.
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
  });
  if (readable === undefined) return [form('plain', {})];
  return [
    form('plain', {}),
    form('returning', { returning: [readable] }),
    form('on conflict do nothing', { onConflict: 'do nothing' }),
  ];
}

/**
 * Tries to add a row of another tenant under the present context. The values are known to be good: the database takes
 * them in that tenant's own context.
 */
export async function insertCrossings(
  session: ProbeSession,
  forms: readonly InsertForm[],
  context: ProbeContext,
): Promise<Proof[]> {
  const proofs: Proof[] = [];
  for (const { form, statement, disguised } of context === 'tenant' ? forms : forms.slice(0, 1)) {
    const proof = await tryInsert(session, { command: 'insert', form, context, statement });
    const other =
      proof.result === 'failed' && disguised
        ? await tryInsert(session, { command: 'insert', form, context, statement: disguised })
        : proof;
    proofs.push(other.result === 'failed' ? proof : other);
  }
  return proofs;
}

async function tryInsert(session: ProbeSession, trial: Trial): Promise<Proof> {
  const attempt = await session.attempt(trial.statement);
  const reached = attempt.ok && attempt.count > 0 ? 'added a row that belongs to another tenant' : undefined;
  return judge(trial, attempt, reached);
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
 * INSERT and UPDATE are each tried by themselves.
 */
export async function upsertCrossings(
  session: ProbeSession,
  subject: Subject,
  actor: Side,
  victim: Side,
  seen: Witness | undefined,
): Promise<Proof[]> {
  const { relation, access, known } = subject;
  const isGiven = ({ name, generated }: Column) => !generated && access.insert.includes(name);
  const own = new Map(
    [...actor.row].filter(([name]) => relation.columns.some((c) => c.name === name && isGiven(c))),
  );
  const column = harmlessColumns(subject, actor).find((name) => own.has(name));
  const proofs: Proof[] = [];
  if (column === undefined) return proofs;
  const unique = relation.indexes.filter((index) => index.unique).flatMap(({ columns }) => columns);
  await session.become(actor.tenant);
  for (const key of conflictKeys(subject, own, victim)) {
    const onConflict = `(${key.map(quoteIdent).join(', ')}) do update set ${quoteIdent(column)} = excluded.${quoteIdent(column)}`;
    const { tenantColumn } = known;
    const owners = tenantColumn === undefined || key.includes(tenantColumn) ? [victim] : [victim, actor];
    for (const owner of owners) {
      const taken = (names: string[]) => names.map((name) => [name, victim.row.get(name) ?? null] as const);
      const tenant = tenantColumn === undefined ? [] : [[tenantColumn, owner.tenant] as const];
      // The key alone, or, where another key of the own row gets in the way, all of them.
      for (const names of [key, unique.filter((name) => own.has(name))]) {
        const values = new Map([...own, ...taken(names), ...tenant]);
        const statement = insertion(relation, values, { onConflict });
        const trial: Trial = {
          command: 'insert',
          form: 'on conflict do update',
          context: 'tenant',
          statement,
        };
        const proof =
          owner === victim
            ? await tryInsert(session, trial)
            : await tryWrite(session, subject, trial, victim, seen, true);
        if (proof.result === 'failed') continue;
        proofs.push(proof);
        break;
      }
    }
  }
  return proofs;
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
