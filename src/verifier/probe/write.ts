import { quoteIdent } from '../../identifiers.js';
import { judge, type Trial } from './judge.js';
import type { ProbeCommand, ProbeContext, Proof } from './proof.js';
import { rows } from './select.js';
import type { ProbeSession, Statement } from './session.js';
import { hasKey, isRow, type Side, type Subject, typeOf } from './subject.js';
import { blind, tryWrite, type Witness } from './witness.js';

/** UPDATE of the other tenant's row: by its key, without conditions, and by giving it a new owner. */
export async function updateCrossings(
  session: ProbeSession,
  subject: Subject,
  actor: Side,
  victim: Side,
  seen: Witness | undefined,
): Promise<Proof[]> {
  const proofs: Proof[] = [];
  await session.become(actor.tenant);
  const attempt = async (form: string, statement: Statement, isBlind: boolean) => {
    const trial: Trial = { command: 'update', form, context: 'tenant', statement };
    proofs.push(await tryWrite(session, subject, trial, victim, seen, isBlind));
  };
  const [column] = harmlessColumns(subject, actor);
  const set = `update ${subject.name} set`;
  if (column !== undefined) {
    const name = quoteIdent(column);
    if (hasKey(subject, victim.row)) {
      const condition = isRow(subject, victim.row);
      await attempt(
        'by key',
        { text: `${set} ${name} = ${name} where ${condition.text}`, values: condition.values },
        false,
      );
    }
    // Reading the column brings the SELECT policies in, a constant does not: an open door may hide behind either.
    if (subject.access.select.includes(column))
      await attempt('unqualified', blind(`${set} ${name} = ${name}`), true);
    await attempt('blind', blindUpdate(subject, actor, column), true);
  }
  const { tenantColumn } = subject.known;
  if (tenantColumn !== undefined && subject.access.update.includes(tenantColumn)) {
    const assignment = `${quoteIdent(tenantColumn)} = $1::${typeOf(subject.relation, tenantColumn)}`;
    await attempt('take over', blind(`${set} ${assignment}`, [actor.tenant]), true);
  }
  return proofs;
}

function blindUpdate(subject: Subject, own: Side, column: string, most?: number): Statement {
  const text = `update ${subject.name} set ${quoteIdent(column)} = $1::${typeOf(subject.relation, column)}`;
  return blind(text, [own.row.get(column) ?? null], most);
}

/** UPDATE of a tenant's own row, so that it becomes the other tenant's. */
export async function moveCrossings(
  session: ProbeSession,
  subject: Subject,
  actor: Side,
  target: ReadonlyMap<string, string | null>,
): Promise<Proof[]> {
  await session.become(actor.tenant);
  const columns = [...target.keys()];
  const condition = isRow(subject, actor.row, columns.length + 1);
  const assignments = columns.map(
    (name, index) => `${quoteIdent(name)} = $${index + 1}::${typeOf(subject.relation, name)}`,
  );
  const text = `update ${subject.name} set ${assignments.join(', ')}`;
  const forms: [string, Statement][] = [['move blindly', blind(text, [...target.values()])]];
  if (hasKey(subject, actor.row)) {
    const values = [...target.values(), ...condition.values];
    forms.unshift(['move', { text: `${text} where ${condition.text}`, values }]);
  }
  const proofs: Proof[] = [];
  for (const [form, statement] of forms) {
    const attempt = await session.attempt(statement);
    const reached =
      attempt.ok && attempt.count > 0 ? `moved ${rows(attempt.count)} to another tenant` : undefined;
    proofs.push(judge({ command: 'update', form, context: 'tenant', statement }, attempt, reached));
  }
  return proofs;
}

/** DELETE of the other tenant's row: by its key, and without conditions. */
export async function deleteCrossings(
  session: ProbeSession,
  subject: Subject,
  actor: Side,
  victim: Side,
  seen: Witness | undefined,
): Promise<Proof[]> {
  await session.become(actor.tenant);
  const text = `delete from ${subject.name}`;
  const forms: [string, Statement, boolean][] = [['blind', blind(text), true]];
  if (hasKey(subject, victim.row)) {
    const condition = isRow(subject, victim.row);
    forms.unshift(['by key', { text: `${text} where ${condition.text}`, values: condition.values }, false]);
  }
  const proofs: Proof[] = [];
  for (const [form, statement, isBlind] of forms) {
    const trial: Trial = { command: 'delete', form, context: 'tenant', statement };
    proofs.push(await tryWrite(session, subject, trial, victim, seen, isBlind));
  }
  return proofs;
}

/** Blind writes under a context that is no tenant's, where not a single row may be reached. */
export async function writesOutside(
  session: ProbeSession,
  subject: Subject,
  victim: Side,
  context: ProbeContext,
  seen: Witness | undefined,
): Promise<Proof[]> {
  const proofs: Proof[] = [];
  const attempt = async (command: ProbeCommand, statement: Statement) => {
    const trial: Trial = { command, form: 'blind', context, statement };
    proofs.push(await tryWrite(session, subject, trial, victim, seen, true));
  };
  const [column] = harmlessColumns(subject, victim);
  if (column !== undefined) await attempt('update', blindUpdate(subject, victim, column, 1));
  if (subject.access.delete) await attempt('delete', blind(`delete from ${subject.name}`, [], 1));
  return proofs;
}

/** Columns that may be updated, those first that no key, reference or CHECK has a say in. */
export function harmlessColumns(subject: Subject, own: Side): string[] {
  const { relation, access, known, bound } = subject;
  const rank = (name: string) => (bound.has(name) ? 2 : 0) + (own.row.has(name) ? 0 : 1);
  return relation.columns
    .filter(
      ({ name, generated, identity }) => access.update.includes(name) && !generated && identity !== 'always',
    )
    .map(({ name }) => name)
    .filter((name) => name !== known.tenantColumn)
    .sort((a, b) => rank(a) - rank(b));
}
