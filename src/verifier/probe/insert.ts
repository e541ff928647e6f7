import { quoteIdent } from '../../identifiers.js';
import { judge, type Trial } from './judge.js';
import type { ProbeContext, Proof } from './proof.js';
import { insertion } from './rows/insertion.js';
import type { ProbeSession, Statement } from './session.js';
import type { Side, Subject } from './subject.js';
import type { RowValues } from './world.js';
import { harmlessColumns } from './write.js';

/** The ways to add one row. */
export type InsertForms = readonly (readonly [form: string, statement: Statement])[];

/** INSERT of these values: plain; RETURNING, which brings the SELECT policies in; ON CONFLICT, another way through them. */
export function insertForms({ relation, access }: Subject, given: RowValues): InsertForms {
  const [readable] = access.select;
  return [
    ['plain', insertion(relation, given)],
    ...(readable === undefined
      ? []
      : [
          ['returning', insertion(relation, given, { returning: [readable] })] as const,
          ['on conflict do nothing', insertion(relation, given, { onConflict: 'do nothing' })] as const,
        ]),
  ];
}

/**
 * Tries to add a row of another tenant under the present context. The values are known to be good: the database takes
 * them in that tenant's own context.
 */
export async function insertCrossings(
  session: ProbeSession,
  forms: InsertForms,
  context: ProbeContext,
): Promise<Proof[]> {
  const proofs: Proof[] = [];
  for (const [form, statement] of context === 'tenant' ? forms : forms.slice(0, 1)) {
    const trial: Trial = { command: 'insert', form, context, statement };
    const attempt = await session.attempt(statement);
    const reached =
      attempt.ok && attempt.count > 0 ? 'added a row that belongs to another tenant' : undefined;
    proofs.push(judge(trial, attempt, reached));
  }
  return proofs;
}

/** INSERT … ON CONFLICT DO UPDATE against the other tenant's row, by every key that it could conflict on. */
export async function upsertCrossings(
  session: ProbeSession,
  subject: Subject,
  actor: Side,
  victim: Side,
): Promise<Proof[]> {
  const { relation, access } = subject;
  const insertable = relation.columns.filter(
    ({ name, generated }) => access.insert.includes(name) && !generated && victim.row.has(name),
  );
  const values = new Map(insertable.map(({ name }) => [name, victim.row.get(name) ?? null]));
  const keys = relation.indexes.filter(
    ({ unique, valid, predicate, columns }) =>
      unique && valid && !predicate && columns.length > 0 && columns.every((name) => values.has(name)),
  );
  const deferrable = new Set(relation.constraints.filter((c) => c.deferrable).map((c) => c.name));
  const proofs: Proof[] = [];
  await session.become(actor.tenant);
  const column = harmlessColumns(subject, actor).find((name) => values.has(name));
  for (const { columns, constraint } of keys) {
    if (column === undefined || (constraint !== undefined && deferrable.has(constraint))) continue;
    if (!columns.every((name) => access.select.includes(name))) continue;
    const onConflict = `(${columns.map(quoteIdent).join(', ')}) do update set ${quoteIdent(column)} = excluded.${quoteIdent(column)}`;
    const statement = insertion(relation, values, { onConflict });
    const trial: Trial = { command: 'insert', form: 'on conflict do update', context: 'tenant', statement };
    const attempt = await session.attempt(statement);
    const reached = attempt.ok && attempt.count > 0 ? "wrote to another tenant's row" : undefined;
    proofs.push(judge(trial, attempt, reached));
  }
  return proofs;
}
