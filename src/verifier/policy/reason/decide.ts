import type { Relation } from '../../../catalog/snapshot.js';
import { type Named, namedIn } from './candidates.js';
import { everyCase } from './case.js';
import { homeOf, type Inquiry, ownOf, questionOf, scopeOf, type Terms } from './inquiry.js';
import { checksOf, isRequired } from './integrity.js';
import type { Scope } from './scope.js';
import type { ContextState } from './session.js';
import { MOST_CASES, type Survey, survey } from './survey.js';
import { typeOfColumn } from './types.js';
import { familyOf, NULL, type Value } from './value.js';
import { type Found, type Witness, witnessOf } from './witness.js';

/**
 * How rows of another tenant come through:
 * - always: every row, whatever tenant is asked for;
 * - ignores: rows with the right other columns, whatever tenant is asked for;
 * - unset: only while no tenant is named.
 */
export type How = 'always' | 'ignores' | 'unset';

/**
 * What a predicate was found to let through. `open`: what is unknown depends on more than who asks for whose row, so that
 * nothing that is tried stands for all of it.
 */
export type Finding =
  | { outcome: 'proved'; through: readonly string[] }
  | { outcome: 'refuted'; how: How; context: ContextState; witness: Witness }
  | { outcome: 'unknown'; why: string; open: boolean; hints: readonly ColumnHint[] };

/** What a column would have to hold for the predicate to be met, as far as that is known. */
export interface ColumnHint {
  column: string;
  value: string | null | { tenantsKey: true };
}

/** The decision, and whether rows that belong to no tenant come through. */
export interface Decided {
  finding: Finding;
  tenantless: Witness | undefined;
}

/** Decides whether a predicate admits rows of other tenants than the one asked for, in each state of the context. */
export function decide(terms: Terms, holds: (scope: Scope) => Value, trees: readonly unknown[]): Decided {
  const inquiry: Inquiry = { ...terms, holds, trees, named: new Map() };
  return { finding: aboutOthers(inquiry), tenantless: aboutNobodys(inquiry) };
}

const STATES: readonly ContextState[] = ['set', 'unset', 'empty'];

function aboutOthers(inquiry: Inquiry): Finding {
  const through = new Set<string>();
  let unknown: Unknown | undefined;
  for (const context of STATES) {
    const seen = survey(inquiry, context, false);
    const how = context !== 'set' ? 'unset' : seen.always && !seen.stopped ? 'always' : 'ignores';
    for (const example of seen.examples) {
      const witness = witnessFor(inquiry, example);
      if (witness?.alike) unknown = worse(unknown, openBecause(alikeIn(witness, inquiry)));
      else if (witness) return { outcome: 'refuted', how, context, witness };
    }
    for (const table of seen.through) through.add(table);
    unknown = worse(unknown, unknownBy(seen));
  }
  return unknown ?? { outcome: 'proved', through: [...through] };
}

type Unknown = Extract<Finding, { outcome: 'unknown' }>;

/** The first one; but what nothing that is tried stands for comes before what can be tried. */
function worse(before: Unknown | undefined, next: Unknown | undefined): Unknown | undefined {
  return before === undefined || (next?.open && !before.open) ? next : before;
}

export const openBecause = (why: string, hints: readonly ColumnHint[] = []): Unknown => ({
  ...{ outcome: 'unknown', why, open: true, hints },
});

function alikeIn({ asked, row }: Witness, { classified }: Inquiry): string {
  const own = row.get(classified.tenantColumn ?? '');
  const [first, second] = [asked, own ?? NULL].map((key) =>
    key.kind === 'const' ? `'${key.value}'` : 'another',
  );
  return `a comparison that takes ${first} and ${second} for the same`;
}

/** Rows without a tenant are nobody's: they are another matter. */
function aboutNobodys(inquiry: Inquiry): Witness | undefined {
  const { relation, tenantColumn } = inquiry.classified;
  const column = relation.columns.find(({ name }) => name === tenantColumn);
  if (!column || isRequired(column, relation, inquiry.subject)) return undefined;
  for (const context of STATES) {
    for (const example of survey(inquiry, context, true).examples) {
      const witness = witnessFor(inquiry, example);
      if (witness) return witness;
    }
  }
  return undefined;
}

/** Whether a predicate lets every row of another tenant through, for a session that named its tenant. */
export function holdsAlways(
  terms: Terms,
  holds: (scope: Scope) => Value,
  trees: readonly unknown[],
): boolean {
  const { always, stopped } = survey({ ...terms, holds, trees, named: new Map() }, 'set', false);
  return always && stopped === undefined;
}

/**
 * Whether rows of other tenants can meet conditions, for a session that named its tenant. `open`: nothing stands against it
 * but other columns, and values that somebody is free to choose.
 */
export function admission(terms: Terms, holds: (scope: Scope) => Value): 'open' | 'unknown' | 'closed' {
  const { examples, through, stopped, ofUsers } = survey(
    { ...terms, holds, trees: [], named: new Map() },
    'set',
    false,
  );
  const isFree = ({ here, question }: Found) =>
    [...here.asked.values()].every(({ why }) => why === undefined) &&
    question.met.every(({ id }) => id.startsWith('from '));
  if (examples.some(isFree)) return 'open';
  const isOpen = examples.length > 0 || through.size > 0 || ofUsers || stopped !== undefined;
  return isOpen ? 'unknown' : 'closed';
}

/** What an expression comes to, case by case, for a session that named its tenant. */
export function valuesOf(terms: Terms, valueIn: (scope: Scope) => Value): Value[] {
  const values: Value[] = [];
  const inquiry: Inquiry = { ...terms, holds: valueIn, trees: [], named: new Map() };
  everyCase(MOST_CASES, (here) => {
    const question = questionOf(inquiry, 'set', here, false);
    values.push(valueIn(scopeOf(inquiry, question, ownOf(question))));
    return 'go on';
  });
  return values;
}

function witnessFor(inquiry: Inquiry, example: Found): Witness | undefined {
  const { classified, subject } = inquiry;
  const column = classified.relation.columns.find(({ name }) => name === classified.tenantColumn);
  const [limit] = column && familyOf(typeOfColumn(column).name) === 'text' ? typeOfColumn(column).limits : [];
  return witnessOf(
    example,
    { type: homeOf(classified, subject), limit },
    (relation) => namedFor(inquiry, relation),
    inquiry.holds,
    (question, own) => scopeOf(inquiry, question, own),
  );
}

/** Constants that stand in the predicate, in the policies of tables that it reads, and in what limits their rows. */
function namedFor({ trees, subject, named }: Inquiry, relation: Relation): Named {
  const known = named.get(relation);
  if (known) return known;
  const policies = relation.policies.flatMap(({ using }) =>
    using === undefined ? [] : [subject.sql.expression(using)],
  );
  const found = namedIn([
    ...trees,
    ...policies,
    ...checksOf(relation, subject).map(({ expression }) => expression),
  ]);
  named.set(relation, found);
  return found;
}

function unknownBy({ examples, stopped, ofUsers, bySelf }: Survey): Unknown | undefined {
  const [example] = examples;
  if (!example) {
    if (stopped !== undefined) return openBecause(stopped);
    if (bySelf !== undefined)
      return openBecause(`${bySelf}, in whose rows a tenant may name another one by itself`);
    // The probe's tenants have a user each, who finds the rows of the other one or does not.
    const why = 'rows that name who is signed in, of whichever tenant';
    return ofUsers ? { ...openBecause(why), open: false } : undefined;
  }
  const reasons = [...example.here.asked.values()].flatMap(({ why }) => why ?? []);
  const why =
    reasons[0] ?? stopped ?? 'a condition that rows of other tenants may meet, though none could be made up';
  return openBecause(why, examples.flatMap(hintsOf));
}

/** Where the columns of the row stand in a case that may be open. */
function hintsOf({ here, own }: Found): ColumnHint[] {
  return own.relation.columns.flatMap(({ name }): ColumnHint[] => {
    const id = `${own.id}.${name}`;
    if (name === own.known?.tenantColumn) return [];
    if (here.answers.get(`${id} is null`) === 0) return [{ column: name, value: null }];
    const same = here.equals.get(id);
    if (same?.kind === 'key' && same.whose === 'asked')
      return [{ column: name, value: { tenantsKey: true } }];
    if (same?.kind === 'const') return [{ column: name, value: String(same.value) }];
    const flag = here.answers.get(`${id} is true`);
    return flag === undefined ? [] : [{ column: name, value: String(flag === 0) }];
  });
}
