import { type Case, ofTruth, settled, truthOf, Unreadable } from './case.js';
import { compareConstants, readConstant, sameConstants } from './constants.js';
import {
  bool,
  ERROR,
  FALSE,
  familyOf,
  type Key,
  NULL,
  type Term,
  TRUE,
  textOf,
  typeOf,
  type Value,
} from './value.js';

/** What a value was found to be equal to in this case. */
export function found(value: Value, here: Case): Value {
  let current = value;
  for (;;) {
    const next = here.equals.get(textOf(current));
    if (!next) return current;
    current = next;
  }
}

/**
 * Operands of which none is NULL or an error; else what these make of it. Of a strict function that is given a constant
 * NULL PostgreSQL knows the result without asking what would fail.
 */
export function operands(values: readonly Value[], here: Case): Value[] | Value {
  if (!here.concrete && values.some(({ kind }) => kind === 'null')) return NULL;
  const known = values.map((value) => settled(value, here));
  if (known.some(({ kind }) => kind === 'error')) return ERROR;
  return known.some(({ kind }) => kind === 'null') ? NULL : known;
}

export function equal(a: Value, b: Value, here: Case): Value {
  const known = operands([a, b], here);
  return Array.isArray(known) ? equalValues(known, here) : known;
}

function equalValues([a = NULL, b = NULL]: readonly Value[], here: Case): Value {
  const [x, y] = aligned(found(a, here), found(b, here));
  if (x.kind === 'error' || y.kind === 'error') return ERROR;
  if (isTruth(x) || isTruth(y)) return ofTruth(truthOf(x, here) === truthOf(y, here) ? 'true' : 'false');
  if (textOf(x) === textOf(y)) return TRUE;
  if (x.kind === 'key' && y.kind === 'key') return bool(x.whose === y.whose);
  if (x.kind === 'key' && y.kind === 'const') return keyIs(x, y, here);
  if (y.kind === 'key' && x.kind === 'const') return keyIs(y, x, here);
  if (isOtherThanJson(x, y) || isOtherThanJson(y, x)) return FALSE;
  const same = sameConstants(x, y);
  if (same !== undefined) return bool(same);
  if (x.kind === 'list' && y.kind === 'list' && x.items.length !== y.items.length) return FALSE;
  return undecidedEquality(x, y, here);
}

/** A text that is compared with something else is a literal, which PostgreSQL reads as one of that type. */
function aligned(x: Value, y: Value): [Value, Value] {
  if (x.kind !== 'const' || y.kind !== 'const') return [x, y];
  const isRead = (literal: Value, other: Value) =>
    typeOf(literal) === 'text' && familyOf(typeOf(other)) !== 'text' && familyOf(typeOf(other)) !== undefined;
  if (isRead(x, y)) return [readConstant(String(x.value), y.type) ?? x, y];
  return isRead(y, x) ? [x, readConstant(String(y.value), x.type) ?? y] : [x, y];
}

/** An object of JSON, as text, and a text that is none. */
const isOtherThanJson = (object: Value, other: Value): boolean =>
  object.kind === 'object' && other.kind === 'const' && !String(other.value).trimStart().startsWith('{');

const isTruth = (value: Value): boolean => value.kind === 'const' && typeof value.value === 'boolean';

function undecidedEquality(x: Value, y: Value, here: Case): Value {
  const [term, other] = x.kind === 'term' ? [x, y] : [y, x];
  if (here.concrete) throw new Unreadable(`${textOf(x)} = ${textOf(y)}`, false);
  const question = `${[textOf(x), textOf(y)].sort().join(' = ')}`;
  const same = decideAbout(question, [term, other], here) === 0;
  // From here on it is that; a type whose = is not known here may be equal to several.
  if (same && term.kind === 'term' && familyOf(term.type) !== undefined && !wouldLoop(term, other, here)) {
    here.equals.set(term.text, other);
  }
  return bool(same);
}

const wouldLoop = (term: Term, other: Value, here: Case) => textOf(found(other, here)) === term.text;

function decideAbout(question: string, about: readonly Value[], here: Case): number {
  for (const value of about) if (value.kind === 'term') here.asked.set(value.text, value);
  return here.decide(question, 2);
}

/** Some tenant may have the key that a constant names; no two have the same. */
function keyIs(key: Key, constant: Value, here: Case): Value {
  if (constant.kind !== 'const') return FALSE;
  const plain = String(constant.value);
  if (plain === '') return FALSE;
  const named = familyOf(typeOf(constant)) === 'text' ? readConstant(plain, key.home) : constant;
  if (named?.kind === 'error') return key.whose === 'asked' ? magicWord(plain, here) : FALSE;
  const canonical = named ?? constant;
  const question = `the ${key.whose} tenant is ${textOf(canonical)}`;
  for (const whose of ['asked', 'own', 'third'] as const) {
    const other = here.equals.get(`tenant ${whose}`);
    if (!other) continue;
    const same = sameConstants(other, canonical) ?? textOf(other) === textOf(canonical);
    if (whose === key.whose) return bool(same);
    if (same) return FALSE;
  }
  const same = here.decide(question, 2, key) === 0;
  if (same) here.equals.set(`tenant ${key.whose}`, canonical);
  return bool(same);
}

/** A context that is no key of any tenant, but a word to which the policy gives a meaning. */
function magicWord(word: string, here: Case): Value {
  const question = `the context is ${word}`;
  const why = `the context '${word}', which is no tenant's key`;
  return bool(
    here.decide(question, 2, { kind: 'term', text: question, type: 'bool', nullable: false, why }) === 0,
  );
}

/** Which of two values comes first: negative, 0 or positive. */
function order(x: Value, y: Value, here: Case): number {
  const compared = compareConstants(x, y);
  if (compared !== undefined) return compared;
  if (equalValues([x, y], here) === TRUE) return 0;
  if (here.concrete) throw new Unreadable(`${textOf(x)} < ${textOf(y)}`, false);
  const number = (value: Value) =>
    value.kind === 'const' && typeof value.value === 'number' && !Number.isNaN(value.value)
      ? value.value
      : undefined;
  if (x.kind === 'term' && number(y) !== undefined) return orderAgainst(x, y, Number(number(y)), here);
  if (y.kind === 'term' && number(x) !== undefined) return -orderAgainst(y, x, Number(number(x)), here);
  const swap = textOf(x) > textOf(y);
  const [first, second] = swap ? [y, x] : [x, y];
  const less = decideAbout(`${textOf(first)} < ${textOf(second)}`, [first, second], here) === 0;
  return less === swap ? 1 : -1;
}

/** Two tests of one column against numbers do not contradict one another. */
function orderAgainst(term: Term, constant: Value, number: number, here: Case): number {
  const known = here.bounds.get(term.text) ?? {
    low: Number.NEGATIVE_INFINITY,
    high: Number.POSITIVE_INFINITY,
  };
  if (number <= known.low && Number.isFinite(number)) return 1;
  if (number >= known.high && Number.isFinite(number)) return -1;
  const less = decideAbout(`${term.text} < ${textOf(constant)}`, [term], here) === 0;
  here.bounds.set(term.text, less ? { ...known, high: number } : { ...known, low: number });
  return less ? -1 : 1;
}

const ORDERS: Readonly<Record<string, (order: number) => boolean>> = {
  '<': (n) => n < 0,
  '<=': (n) => n <= 0,
  '>': (n) => n > 0,
  '>=': (n) => n >= 0,
};

/** =, <>, <, <=, > and >=; undefined for another operator. */
export function compare(operator: string, a: Value, b: Value, here: Case): Value | undefined {
  if (operator === '=') return equal(a, b, here);
  if (operator === '<>' || operator === '!=') return not(equal(a, b, here), here);
  const holds = ORDERS[operator];
  if (!holds) return undefined;
  const known = operands([a, b], here);
  if (!Array.isArray(known)) return known;
  const [first = NULL, second = NULL] = known.map((value) => found(value, here));
  const [x, y] = aligned(first, second);
  return x.kind === 'error' || y.kind === 'error' ? ERROR : bool(holds(order(x, y, here)));
}

export function not(value: Value, here: Case): Value {
  const truth = truthOf(value, here);
  return ofTruth(truth === 'true' ? 'false' : truth === 'false' ? 'true' : truth);
}

/** IS NOT DISTINCT FROM. */
export function same(a: Value, b: Value, here: Case): Value {
  const [x, y] = [settled(a, here), settled(b, here)];
  if (x.kind === 'error' || y.kind === 'error') return ERROR;
  if (x.kind === 'null' || y.kind === 'null') return bool(x.kind === y.kind);
  return equal(x, y, here);
}

/** OR: true where one is; an error only where nothing settles it. */
export function any(values: Iterable<() => Value>, here: Case): Value {
  return join(values, 'true', here);
}

/** AND: false where one is. */
export function all(values: Iterable<() => Value>, here: Case): Value {
  return join(values, 'false', here);
}

function join(values: Iterable<() => Value>, settling: 'true' | 'false', here: Case): Value {
  const seen = new Set<string>();
  let open: Unreadable | undefined;
  for (const value of values) {
    try {
      const truth = truthOf(value(), here);
      // A concrete row must pass whichever operand PostgreSQL looks at first: none of them may fail.
      if (truth === settling && !here.concrete) return ofTruth(settling);
      seen.add(truth);
    } catch (error) {
      if (!(error instanceof Unreadable) || !error.harmless) throw error;
      open = error;
    }
  }
  if (here.concrete && seen.has('error')) return ERROR;
  if (seen.has(settling)) return ofTruth(settling);
  if (open) throw open;
  if (seen.has('error')) return ERROR;
  if (seen.has('null')) return NULL;
  return ofTruth(settling === 'true' ? 'false' : 'true');
}
