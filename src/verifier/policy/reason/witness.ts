import type { Column, Relation } from '../../../catalog/snapshot.js';
import { fitsIn, type Keys, keysToTry, type Named, valuesFor } from './candidates.js';
import { type Case, concreteCase, everyCase, truthOf, Unreadable } from './case.js';
import { found } from './compare.js';
import { evaluate } from './evaluate.js';
import { canBeTogether, checksOf, isRequired, tenantsBehind } from './integrity.js';
import { rowIn } from './row.js';
import type { Question, Row, Scope } from './scope.js';
import { typeOfColumn } from './types.js';
import { constant, NULL, plainText, type Term, textOf, type Value } from './value.js';

/** Concrete rows that show what policies let through: PostgreSQL agrees when it is asked. */
export interface Witness {
  /** What the session asks for. */
  asked: Value;
  row: Map<string, Value>;
  /** Rows of other tables that have to be there. */
  others: { relation: Relation; row: Map<string, Value> }[];
  /** It takes keys that look alike for the same: whether there are such, depends on the keys in use. */
  alike: boolean;
}

/** A case in which a predicate holds, to be made concrete. */
export interface Found {
  here: Case;
  question: Question;
  own: Row;
  /** The tenant column of the row is NULL. */
  tenantless: boolean;
}

const MOST_ROWS = 120;
const MOST_ROWS_OF_ODD_KEYS = 24;

/** Looks for rows that make a predicate true, whatever is evaluated first; undefined where none is found. */
export function witnessOf(
  example: Found,
  home: { type: string; limit: number | undefined },
  named: (relation: Relation) => Named,
  holds: (scope: Scope) => Value,
  scopeOf: (question: Question, own: Row) => Scope,
): Witness | undefined {
  const { here } = example;
  const bound = Object.fromEntries(
    (['asked', 'own', 'third'] as const).flatMap((whose) => {
      const value = here.equals.get(`tenant ${whose}`);
      return value ? [[whose, value]] : [];
    }),
  );
  for (const [at, keys] of keysToTry(home.type, home.limit, bound).entries()) {
    let witness: Witness | undefined;
    everyCase(at === 0 ? MOST_ROWS : MOST_ROWS_OF_ODD_KEYS, (choice) => {
      witness = tryRows(example, keys, choice, named, holds, scopeOf);
      return witness ? 'stop' : 'go on';
    });
    if (witness) return witness;
  }
  return undefined;
}

function tryRows(
  { here: pattern, question: before, own: open, tenantless }: Found,
  keys: Keys & { alike: boolean },
  choice: Case,
  named: (relation: Relation) => Named,
  holds: (scope: Scope) => Value,
  scopeOf: (question: Question, own: Row) => Scope,
): Witness | undefined {
  const rows = new Map<string, Concrete>();
  const column = (row: Row, { name }: Column) => rows.get(row.id)?.column(name) ?? NULL;
  const make = (row: Row): Concrete =>
    concreteRow(row, pattern, choice, keys, named(row.relation), before, tenantless, (term) => {
      const other = [...rows.values()].find(({ id }) => term.text.startsWith(`${id}.`));
      const name = other && term.text.slice(other.id.length + 1);
      const of = other?.relation.columns.find((candidate) => candidate.name === name);
      return other && of ? column(other, of) : undefined;
    });
  for (const row of [open, ...before.met]) rows.set(row.id, make(row));
  const own = rows.get(open.id);
  if (!own) return undefined;
  const tables = new Map<number, Row[]>();
  for (const row of rows.values())
    tables.set(row.relation.oid, [...(tables.get(row.relation.oid) ?? []), row]);
  const question: Question = {
    ...before,
    asked: keys.asked,
    here: concreteCase(),
    own,
    tables,
    met: [],
    tenants: new Map(),
  };
  try {
    const scope = scopeOf(question, own);
    if (truthOf(holds(scope), question.here) !== 'true') return undefined;
    if (![...rows.values()].every((row) => meetsChecks(row, scope))) return undefined;
    if (!canBeTogether([...rows.values()])) return undefined;
    if (own.known?.tenantColumn === undefined) {
      const others = [NULL, keys.asked].map(plainText);
      if (tenantsBehind(own, [...rows.values()]).some((tenant) => others.includes(plainText(tenant))))
        return undefined;
    }
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  }
  const others = [...rows.values()].filter((row) => row !== own);
  return {
    ...{ asked: keys.asked, alike: keys.alike, row: own.held },
    others: others.map(({ relation, held }) => ({ relation, row: held })),
  };
}

/** A row that gets a value in each column that anybody asks for. */
interface Concrete extends Row {
  held: Map<string, Value>;
}

function concreteRow(
  row: Row,
  pattern: Case,
  choice: Case,
  keys: Keys,
  named: Named,
  question: Question,
  tenantless: boolean,
  linked: (term: Term) => Value | undefined,
): Concrete {
  const held = new Map<string, Value>();
  const isOwn = row === question.own;
  const pick = (column: Column): Value => {
    if (column.name === row.known?.tenantColumn && (isOwn || question.tenants.has(row.id))) {
      if (isOwn) return tenantless ? NULL : retyped(keys.own, column);
      const tenant = question.tenants.get(row.id);
      return tenant?.kind === 'key' ? retyped(keys[tenant.whose], column) : NULL;
    }
    const options = optionsFor(row, column, pattern, named, keys, linked, question.subject);
    const [first] = options;
    if (!first) throw new Unreadable(`the column ${column.name}`, false);
    return options[choice.decide(`${row.id}.${column.name}`, options.length)] ?? first;
  };
  return {
    ...row,
    held,
    column: (name) => {
      const known = held.get(name);
      if (known) return known;
      const column = row.relation.columns.find((candidate) => candidate.name === name);
      if (!column || column.generated) throw new Unreadable(`the column ${name}`, false);
      const value = pick(column);
      held.set(name, value);
      return value;
    },
  };
}

function retyped(key: Value, column: Column): Value {
  return key.kind === 'const' ? constant(typeOfColumn(column).name, key.value) : key;
}

/** What the case at hand says of a column comes first. */
function optionsFor(
  row: Row,
  column: Column,
  pattern: Case,
  named: Named,
  keys: Keys,
  linked: (term: Term) => Value | undefined,
  subject: Question['subject'],
): Value[] {
  const id = `${row.id}.${column.name}`;
  const isNull = pattern.answers.get(`${id} is null`);
  if (isNull === 0) return [NULL];
  const values = valuesFor(column, named, keys);
  const same = found({ kind: 'term', text: id, type: undefined, nullable: false }, pattern);
  if (same.kind === 'const' && fitsIn(same, column)) values.unshift(retyped(same, column));
  if (same.kind === 'key') values.unshift(retyped(keys[same.whose], column));
  if (same.kind === 'term' && same.text !== id) {
    const value = linked(same);
    if (value && value.kind !== 'null') values.unshift(value);
  }
  if (pattern.answers.get(`${id} is true`) === 1) values.reverse();
  const unique = [...new Map(values.map((value) => [textOf(value), value])).values()];
  return isRequired(column, row.relation, subject) || isNull === 1 ? unique : [...unique, NULL];
}

/** No CHECK constraint that concerns what the row holds is violated. */
function meetsChecks(row: Concrete, scope: Scope): boolean {
  const within = { ...scope, column: rowIn(row), place: row.id };
  return checksOf(row.relation, scope.question.subject)
    .filter(({ columns }) => columns.some((name) => row.held.has(name)))
    .every(({ expression, column }) => {
      const here = column === undefined ? within : { ...within, column: () => row.column(column) };
      const truth = truthOf(evaluate(expression, here), scope.here);
      return truth === 'true' || truth === 'null';
    });
}
