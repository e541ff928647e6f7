import { quoteIdent } from '../../../identifiers.js';
import type { Crossing } from '../proof/judge.js';
import type { ProbeCommand, ProbeContext } from '../proof/proof.js';
import type { Statement } from '../session/attempt.js';
import { hasKey, isRow, type Side, type Subject, typeOf } from '../world/subject.js';
import { rows } from './select.js';
import { blind, type Write } from './witness.js';

/**
 * UPDATE of the other tenant's row: by its key, without conditions, and by giving it a new owner. The blind one, which sets
 * a constant, reaches all that the UPDATE policies' USING lets it. Where it went through, no other reaches more: whatever
 * one sets, USING comes first, and reading a column only adds the SELECT policies to it. Where it did not, a WITH CHECK may
 * have stopped it that another one passes, such as that with a new owner.
 */
export function updateCrossings(subject: Subject, actor: Side, victim: Side): Write[] {
  const writes: Write[] = [];
  const [column] = harmlessColumns(subject, actor);
  const facts = { command: 'update', context: 'tenant' } as const;
  const within: Write | undefined =
    column === undefined
      ? undefined
      : { ...facts, form: 'blind', statement: blindUpdate(subject, actor, column), blind: true };
  const add = (form: string, statement: Statement, isBlind: boolean) =>
    writes.push({ ...facts, form, statement, blind: isBlind, within });
  const set = `update ${subject.name} set`;
  if (column !== undefined) {
    const name = quoteIdent(column);
    if (hasKey(subject, victim.row)) {
      const { text, values } = isRow(subject, victim.row);
      add('by key', { text: `${set} ${name} = ${name} where ${text}`, values }, false);
    }
    if (subject.access.select.includes(column)) add('unqualified', blind(`${set} ${name} = ${name}`), true);
    if (within) writes.push(within);
  }
  const { tenantColumn } = subject.known;
  if (tenantColumn !== undefined && subject.access.update.includes(tenantColumn)) {
    const assignment = `${quoteIdent(tenantColumn)} = $1::${typeOf(subject.relation, tenantColumn)}`;
    add('take over', blind(`${set} ${assignment}`, [actor.tenant]), true);
  }
  return writes;
}

function blindUpdate(subject: Subject, own: Side, column: string, most?: number): Statement {
  const text = `update ${subject.name} set ${quoteIdent(column)} = $1::${typeOf(subject.relation, column)}`;
  return blind(text, [own.row.get(column) ?? null], most);
}

/**
 * UPDATE of a tenant's own row, so that it becomes the other tenant's: without conditions, and by its key, which only brings
 * the SELECT policies in besides.
 */
export function moveCrossings(
  subject: Subject,
  actor: Side,
  target: ReadonlyMap<string, string | null>,
): Crossing[] {
  const columns = [...target.keys()];
  const assignments = columns.map(
    (name, index) => `${quoteIdent(name)} = $${index + 1}::${typeOf(subject.relation, name)}`,
  );
  const text = `update ${subject.name} set ${assignments.join(', ')}`;
  const move = (form: string, statement: Statement): Crossing => ({
    ...{ command: 'update', form, context: 'tenant', statement },
    reached: ({ count }) => (count > 0 ? `moved ${rows(count)} to another tenant` : undefined),
  });
  const blindly = move('move blindly', blind(text, [...target.values()]));
  if (!hasKey(subject, actor.row)) return [blindly];
  const own = isRow(subject, actor.row, columns.length + 1);
  const values = [...target.values(), ...own.values];
  return [blindly, move('move', { text: `${text} where ${own.text}`, values })];
}

/** DELETE of the other tenant's row: by its key, to which the SELECT policies have a say, too, and without conditions. */
export function deleteCrossings(subject: Subject, victim: Side): Write[] {
  const text = `delete from ${subject.name}`;
  const facts = { command: 'delete', context: 'tenant' } as const;
  const blindly: Write = { ...facts, form: 'blind', statement: blind(text), blind: true };
  if (!hasKey(subject, victim.row)) return [blindly];
  const condition = isRow(subject, victim.row);
  const statement = { text: `${text} where ${condition.text}`, values: condition.values };
  return [{ ...facts, form: 'by key', statement, blind: false, within: blindly }, blindly];
}

/** Blind writes under a context that is no tenant's, where not a single row may be reached. */
export function writesOutside(subject: Subject, victim: Side, context: ProbeContext): Write[] {
  const write = (command: ProbeCommand, statement: Statement): Write => ({
    ...{ command, form: 'blind', context, statement, blind: true },
  });
  const [column] = harmlessColumns(subject, victim);
  return [
    ...(column === undefined ? [] : [write('update', blindUpdate(subject, victim, column, 1))]),
    ...(subject.access.delete ? [write('delete', blind(`delete from ${subject.name}`, [], 1))] : []),
  ];
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
