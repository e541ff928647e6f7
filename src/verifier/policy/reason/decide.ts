import type { Column, Relation } from '../../../catalog/snapshot.js';
import type { ClassifiedRelation } from '../../../tenancy/model.js';
import type { Subject } from '../../check.js';
import { type Named, namedIn } from './candidates.js';
import { everyCase, type Truth, truthOf, Unreadable } from './case.js';
import { evaluate } from './evaluate.js';
import { checksOf } from './integrity.js';
import { grantsOf, isRuledOut } from './links.js';
import { openRow, rowIn } from './row.js';
import type { Question, Role, Row, Scope } from './scope.js';
import type { ContextState, Settings } from './session.js';
import { typeOfColumn } from './types.js';
import { familyOf, type Key, NULL, type Value } from './value.js';
import { type Found, type Witness, witnessOf } from './witness.js';

/**
 * How rows of another tenant come through:
 * - always: every row, whatever tenant is asked for;
 * - ignores: rows with the right other columns, whatever tenant is asked for;
 * - unset: only while no tenant is named.
 */
export type How = 'always' | 'ignores' | 'unset';

/** What a predicate was found to let through. */
export type Finding =
  | { outcome: 'proved'; through: readonly string[] }
  | { outcome: 'refuted'; how: How; context: ContextState; witness: Witness }
  | { outcome: 'unknown'; why: string; hints: readonly ColumnHint[] };

/** What a column would have to hold for the predicate to be met, as far as that is known. */
export interface ColumnHint {
  column: string;
  value: string | null | { tenantsKey: true };
}

/** Everything that a predicate is decided by. */
export interface Terms {
  subject: Subject;
  classified: ClassifiedRelation;
  role: Role;
  settings: (key: Key) => Settings;
  readable: Question['readable'];
  shows: Question['shows'];
}

const MOST_CASES = 1500;
const MOST_EXAMPLES = 4;

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

interface Inquiry extends Terms {
  holds(scope: Scope): Value;
  trees: readonly unknown[];
  /** Constants found before, by relation. */
  named: Map<Relation, Named>;
}

const STATES: readonly ContextState[] = ['set', 'unset', 'empty'];

function aboutOthers(inquiry: Inquiry): Finding {
  const through = new Set<string>();
  let unknown: Finding | undefined;
  for (const context of STATES) {
    const seen = survey(inquiry, context, false);
    const how = context !== 'set' ? 'unset' : seen.always && !seen.stopped ? 'always' : 'ignores';
    for (const example of seen.examples) {
      const witness = witnessFor(inquiry, example);
      if (witness?.alike) unknown ??= { outcome: 'unknown', why: alikeIn(witness, inquiry), hints: [] };
      else if (witness) return { outcome: 'refuted', how, context, witness };
    }
    for (const table of seen.through) through.add(table);
    unknown ??= unknownBy(seen);
  }
  return unknown ?? { outcome: 'proved', through: [...through] };
}

function alikeIn({ asked, row }: Witness, { classified }: Inquiry): string {
  const own = row.get(classified.tenantColumn ?? '');
  const [first, second] = [asked, own ?? NULL].map((key) => (key.kind === 'const' ? `'${key.value}'` : 'another'));
  return `a comparison that takes ${first} and ${second} for the same`;
}

/** Rows without a tenant are nobody's: they are another matter. */
function aboutNobodys(inquiry: Inquiry): Witness | undefined {
  const { relation, tenantColumn } = inquiry.classified;
  if (relation.columns.find(({ name }) => name === tenantColumn)?.notNull !== false) return undefined;
  for (const context of STATES) {
    for (const example of survey(inquiry, context, true).examples) {
      const witness = witnessFor(inquiry, example);
      if (witness) return witness;
    }
  }
  return undefined;
}

/** Whether a predicate lets every row of another tenant through, for a session that named its tenant. */
export function holdsAlways(terms: Terms, holds: (scope: Scope) => Value, trees: readonly unknown[]): boolean {
  const { always, stopped } = survey({ ...terms, holds, trees, named: new Map() }, 'set', false);
  return always && stopped === undefined;
}

/** What all cases come to. */
interface Survey {
  /** Cases in which the predicate holds, and nobody gave the session access. */
  examples: Found[];
  through: Set<string>;
  /** Whether it holds in every case. */
  always: boolean;
  /** Why it could not be looked at as a whole. */
  stopped: string | undefined;
}

function survey(inquiry: Inquiry, context: ContextState, tenantless: boolean): Survey {
  const seen: Survey = { examples: [], through: new Set(), always: true, stopped: undefined };
  try {
    const complete = everyCase(MOST_CASES, (here) => {
      const question = questionOf(inquiry, context, here, tenantless);
      const truth = truthIn(inquiry, question);
      if (truth !== 'true') seen.always = false;
      else if (!isRuledOut(question)) note(seen, { here, question, own: ownOf(question), tenantless });
      return seen.examples.length < MOST_EXAMPLES || seen.always ? 'go on' : 'stop';
    });
    if (!complete) seen.stopped = 'too many cases to look at';
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    seen.stopped = `${error.why}, which cannot be read here`;
  }
  return seen;
}

function note(seen: Survey, example: Found): void {
  const grants = example.tenantless ? [] : grantsOf(example.question);
  if (grants.length > 0) for (const table of grants) seen.through.add(table);
  else if (seen.examples.length < MOST_EXAMPLES) seen.examples.push(example);
}

function ownOf({ own }: Question): Row {
  if (!own) throw new Error('a question is asked about a row');
  return own;
}

function truthIn(inquiry: Inquiry, question: Question): Truth {
  const own = ownOf(question);
  const scope = scopeOf(inquiry, question, own);
  const truth = truthOf(inquiry.holds(scope), question.here);
  if (truth !== 'true') return truth;
  // A row that a CHECK constraint forbids is no example.
  const touched = new Set([...question.here.asked.keys(), ...question.here.equals.keys()]);
  const forbidden = validChecks(inquiry, own.relation)
    .filter(({ columns }) => columns.some((name) => touched.has(`${own.id}.${name}`)))
    .some(({ expression }) => truthOf(evaluate(expression, { ...scope, column: rowIn(own) }), question.here) === 'false');
  return forbidden ? 'false' : 'true';
}

/** Those of domains are about a value that has no name here, and those that are not valid hold for no old row. */
function validChecks({ subject }: Inquiry, relation: Relation) {
  const valid = relation.constraints.filter(({ kind }) => kind === 'check').every(({ validated }) => validated);
  return valid ? checksOf(relation, subject).filter(({ column }) => column === undefined) : [];
}

function questionOf(inquiry: Inquiry, state: ContextState, here: Question['here'], tenantless: boolean): Question {
  const { subject, classified, readable, shows } = inquiry;
  const home = homeOf(classified, subject);
  const asked: Key = { kind: 'key', whose: 'asked', type: home, home };
  const bySetting = 'setting' in subject.tenancy.config.context;
  const question: Question = {
    ...{ subject, state, asked, here, readable, shows, own: undefined, met: [] },
    ...{ settings: inquiry.settings(asked), tenants: new Map(), tables: new Map() },
    // What the context's own statements do to the role is not known.
    sessionUser: bySetting ? subject.app.role?.name : undefined,
  };
  question.own = ownRow(inquiry, question, home, tenantless);
  return question;
}

function ownRow(inquiry: Inquiry, question: Question, home: string, tenantless: boolean): Row {
  const { classified } = inquiry;
  const { relation, tenantColumn } = classified;
  const column = relation.columns.find(({ name }) => name === tenantColumn);
  const key: Value = { kind: 'key', whose: 'own', type: home, home };
  const tenant = tenantless ? NULL : column && isPlain(column) ? key : undefined;
  const row: Row = openRow(relation, classified, relation.name, tenant, (expression) => {
    const tree = inquiry.subject.sql.expression(expression);
    return tree && evaluate(tree, { ...scopeOf(inquiry, question, row), column: rowIn(row) });
  });
  return row;
}

/** Under a nondeterministic collation, and in types that are not known here, different keys may be equal. */
const isPlain = (column: Column): boolean => column.collationDeterministic && !typeOfColumn(column).array;

function homeOf({ relation, tenantColumn }: ClassifiedRelation, { tenancy }: Subject): string {
  const own = relation.columns.find(({ name }) => name === tenantColumn);
  const column = own ?? tenancy.root?.relation.columns.find(({ name }) => name === tenancy.root?.tenantColumn);
  return column ? typeOfColumn(column).name : 'text';
}

function scopeOf({ role }: Inquiry, question: Question, own: Row): Scope {
  return {
    ...{ question, here: question.here, role, place: '', bareNames: false, depth: 0 },
    column: rowIn(own),
    parameter: () => undefined,
    queries: new Map(),
  };
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
  const policies = relation.policies.flatMap(({ using }) => (using === undefined ? [] : [subject.sql.expression(using)]));
  const found = namedIn([...trees, ...policies, ...checksOf(relation, subject).map(({ expression }) => expression)]);
  named.set(relation, found);
  return found;
}

function unknownBy({ examples, stopped }: Survey): Finding | undefined {
  const [example] = examples;
  if (stopped !== undefined && !example) return { outcome: 'unknown', why: stopped, hints: [] };
  if (!example) return undefined;
  const reasons = [...example.here.asked.values()].flatMap(({ why }) => why ?? []);
  const why = reasons[0] ?? stopped ?? 'a condition for which no row was found';
  return { outcome: 'unknown', why, hints: examples.flatMap(hintsOf) };
}

/** Where the columns of the row stand in a case that may be open. */
function hintsOf({ here, own }: Found): ColumnHint[] {
  return own.relation.columns.flatMap(({ name }): ColumnHint[] => {
    const id = `${own.id}.${name}`;
    if (name === own.known?.tenantColumn) return [];
    if (here.answers.get(`${id} is null`) === 0) return [{ column: name, value: null }];
    const same = here.equals.get(id);
    if (same?.kind === 'key' && same.whose === 'asked') return [{ column: name, value: { tenantsKey: true } }];
    if (same?.kind === 'const') return [{ column: name, value: String(same.value) }];
    const flag = here.answers.get(`${id} is true`);
    return flag === undefined ? [] : [{ column: name, value: String(flag === 0) }];
  });
}

