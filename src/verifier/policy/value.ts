/**
 * What an expression can be for a row of another tenant than the one asked for. `own` is that row's tenant key, `asked`
 * the key the session asked for; they differ (`text`: of a type in which one number has several spellings). `free` depends on the rest of the row alone, so some row makes it anything;
 * `opaque` cannot be said without running it.
 */
export type Value =
  | { kind: 'known'; value: string | boolean | null }
  | { kind: 'own'; text: boolean }
  | { kind: 'asked' }
  | { kind: 'free'; nullable: boolean }
  | { kind: 'opaque' }
  | { kind: 'error' };

export const NULL: Value = { kind: 'known', value: null };
export const TRUE: Value = { kind: 'known', value: true };
export const FALSE: Value = { kind: 'known', value: false };
export const FREE: Value = { kind: 'free', nullable: false };
export const OPAQUE: Value = { kind: 'opaque' };
export const ERROR: Value = { kind: 'error' };

export const isNull = (value: Value): boolean => value.kind === 'known' && value.value === null;
export const isTrue = (value: Value): boolean => value.kind === 'known' && value.value === true;
export const isFalse = (value: Value): boolean => value.kind === 'known' && value.value === false;

/** Whether a row of another tenant passes, as far as can be told: all of them, or those with the right other columns. */
export const admits = (value: Value): boolean => isTrue(value) || value.kind === 'free';

export function and(values: readonly Value[]): Value {
  const weakest = values.find(isFalse) ?? values.find((v) => v.kind === 'error') ?? values.find(isNull);
  return weakest ?? values.find((v) => v.kind === 'opaque') ?? values.find((v) => v.kind === 'free') ?? TRUE;
}

export function or(values: readonly Value[]): Value {
  const strongest = values.find(isTrue) ?? values.find((v) => v.kind === 'free');
  const doubtful = values.find((v) => v.kind === 'opaque') ?? values.find((v) => v.kind === 'error');
  return strongest ?? doubtful ?? values.find(isNull) ?? FALSE;
}

export function not(value: Value): Value {
  if (isTrue(value)) return FALSE;
  return isFalse(value) ? TRUE : value;
}

export function equal(a: Value, b: Value): Value {
  const unclear = unclearOperand([a, b]);
  if (unclear) return unclear;
  if (a.kind === 'free' || b.kind === 'free') return FREE;
  if (a.kind === 'known' && b.kind === 'known') return String(a.value) === String(b.value) ? TRUE : FALSE;
  if (a.kind === b.kind) return TRUE;
  const known = a.kind === 'known' ? a : b.kind === 'known' ? b : undefined;
  // No tenant's key is empty; for any other constant there can be the tenant whose key it is.
  if (known?.value === '' || !known) return FALSE;
  return a.kind === 'own' || b.kind === 'own' ? FREE : OPAQUE;
}

/** IS NOT DISTINCT FROM. */
export function same(a: Value, b: Value): Value {
  if (isNull(a) || isNull(b)) return isNull(a) ? testNull(b) : testNull(a);
  return equal(a, b);
}

export function testNull(value: Value): Value {
  if (value.kind === 'error' || value.kind === 'opaque') return value;
  if (value.kind === 'free') return value.nullable ? FREE : FALSE;
  return isNull(value) ? TRUE : FALSE;
}

/** An operator or function of which nothing is known but that it is strict: it only passes on what it is given. */
export function strict(values: readonly Value[]): Value {
  const unclear = unclearOperand(values);
  if (unclear) return unclear;
  return values.length > 0 && values.every((v) => v.kind === 'free' || v.kind === 'known') ? FREE : OPAQUE;
}

/** <, <=, >, >=: of two different keys, either can be the smaller. */
export function ordered(a: Value, b: Value): Value {
  return unclearOperand([a, b]) ?? FREE;
}

function unclearOperand(values: readonly Value[]): Value | undefined {
  return (
    values.find((v) => v.kind === 'error') ?? values.find(isNull) ?? values.find((v) => v.kind === 'opaque')
  );
}

/** COALESCE. */
export function firstNotNull(values: readonly Value[]): Value {
  const rest = values.filter((value) => !isNull(value));
  const [first, ...others] = rest;
  if (!first) return NULL;
  return first.kind === 'free' && first.nullable && others.length > 0
    ? or([first, firstNotNull(others)])
    : first;
}
