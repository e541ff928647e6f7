import { always, branch, depends, isAlways, map, type Outcome, type Truth, UNREADABLE } from './truth.js';

/**
 * What an expression can be for a row of another tenant than the one asked for. `own` is that row's tenant key (`text`: of a
 * type in which one number has several spellings), `asked` the key the session asked for; they differ. `free` depends on
 * the rest of the row alone, so some row makes it anything; `opaque` cannot be said without running it.
 */
export type Value =
  | { kind: 'known'; value: string | null }
  | { kind: 'own'; text: boolean }
  | { kind: 'asked' }
  | { kind: 'free'; nullable: boolean }
  | { kind: 'truth'; truth: Truth }
  | { kind: 'opaque' }
  | { kind: 'error' };

export const NULL: Value = { kind: 'known', value: null };
export const FREE: Value = { kind: 'free', nullable: false };
export const OPAQUE: Value = { kind: 'opaque' };
export const ERROR: Value = { kind: 'error' };
export const TRUE: Value = asValue(always('true'));
export const FALSE: Value = asValue(always('false'));

export function asValue(truth: Truth): Value {
  return { kind: 'truth', truth };
}

/** A value where a condition stands. */
export function truthOf(value: Value): Truth {
  if (value.kind === 'truth') return value.truth;
  if (value.kind === 'free') return depends(value.nullable);
  if (value.kind === 'error') return always('error');
  return value.kind === 'known' && value.value === null ? always('null') : UNREADABLE;
}

/** Whether rows of another tenant pass: all of them, or those with the right other columns. */
export const admits = (value: Value): boolean => truthOf(value).must.has('true');
export const admitsAll = (value: Value): boolean => isAlways(truthOf(value), 'true');
/** Whether nobody can say without running it. */
export const isUnclear = (value: Value): boolean => !admits(value) && truthOf(value).may.has('true');

const isNull = (value: Value): boolean => isAlways(truthOf(value), 'null');
const fails = (value: Value): boolean => value.kind === 'error' || isAlways(truthOf(value), 'error');

export function equal(a: Value, b: Value): Value {
  const unclear = unclearOperand([a, b]);
  if (unclear) return unclear;
  if (a.kind === 'truth' || b.kind === 'truth') return equalTruths(truthOf(a), truthOf(b));
  if (a.kind === 'free' || b.kind === 'free') return asValue(depends(isNullable(a) || isNullable(b)));
  if (a.kind === 'known' && b.kind === 'known') return a.value === b.value ? TRUE : FALSE;
  if (a.kind === b.kind) return TRUE;
  const known = a.kind === 'known' ? a : b.kind === 'known' ? b : undefined;
  // No tenant's key is empty; for any other constant there can be the tenant whose key it is.
  if (known?.value === '' || !known) return FALSE;
  return a.kind === 'own' || b.kind === 'own' ? asValue(depends(false)) : OPAQUE;
}

function equalTruths(a: Truth, b: Truth): Value {
  const compared = (x: Outcome) =>
    map(b, (y) => (x === 'null' || y === 'null' ? 'null' : x === y ? 'true' : 'false'));
  return asValue(branch(a, (x) => (x === 'error' ? always('error') : compared(x))));
}

const isNullable = (value: Value): boolean => value.kind === 'free' && value.nullable;

/** IS NOT DISTINCT FROM. */
export function same(a: Value, b: Value): Value {
  if (isNull(a) || isNull(b)) return testNull(isNull(a) ? b : a);
  if (a.kind === 'truth' || b.kind === 'truth') {
    const compared = (x: Outcome) => map(truthOf(b), (y) => (x === y ? 'true' : 'false'));
    return asValue(branch(truthOf(a), (x) => (x === 'error' ? always('error') : compared(x))));
  }
  return asValue(map(truthOf(equal(a, b)), (outcome) => (outcome === 'null' ? 'false' : outcome)));
}

/** IS NULL. */
export function testNull(value: Value): Value {
  if (value.kind === 'opaque') return OPAQUE;
  if (value.kind === 'free' && value.nullable) return asValue(depends(false));
  if (value.kind === 'truth' || fails(value)) {
    return asValue(map(truthOf(value), (outcome) => (outcome === 'null' ? 'true' : 'false')));
  }
  return isNull(value) ? TRUE : FALSE;
}

/** An operator or function of which nothing is known but that it is strict: it only passes on what it is given. */
export function strict(values: readonly Value[]): Value {
  const unclear = unclearOperand(values);
  if (unclear) return unclear;
  const readable = values.every((v) => v.kind === 'free' || v.kind === 'known' || v.kind === 'truth');
  return values.length > 0 && readable ? { kind: 'free', nullable: true } : OPAQUE;
}

/** <, <=, >, >=: of two different keys, either can be the smaller. */
export function ordered(a: Value, b: Value): Value {
  const unclear = unclearOperand([a, b]);
  if (unclear || (a.kind === 'known' && b.kind === 'known')) return unclear ?? OPAQUE;
  return asValue(depends(isNullable(a) || isNullable(b)));
}

function unclearOperand(values: readonly Value[]): Value | undefined {
  if (values.some(fails)) return ERROR;
  return values.some(isNull) ? NULL : values.find((value) => value.kind === 'opaque');
}

/** COALESCE. */
export function firstNotNull(values: readonly Value[]): Value {
  const [first, ...others] = values.filter((value) => !isNull(value));
  if (!first) return NULL;
  const canBeNull = first.kind === 'truth' || isNullable(first);
  if (others.length === 0 || !canBeNull) return first;
  const rest = firstNotNull(others);
  if (first.kind === 'free' && (rest.kind === 'free' || rest.kind === 'known')) {
    return { kind: 'free', nullable: isNullable(rest) };
  }
  const orRest = (outcome: Outcome) => (outcome === 'null' ? truthOf(rest) : always(outcome));
  return rest.kind === 'own' || rest.kind === 'asked' ? OPAQUE : asValue(branch(truthOf(first), orRest));
}
