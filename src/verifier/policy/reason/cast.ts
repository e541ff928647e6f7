import { type Case, settled, Unreadable } from './case.js';
import { fits, readConstant, written } from './constants.js';
import type { Type } from './types.js';
import { constant, ERROR, familyOf, type Key, type Term, textOf, type Value } from './value.js';

const WHOLE = ['int2', 'int4', 'int8'];

/**
 * Whether different keys stay different by a cast. A shorter or coarser type makes some the same, and so does reading text
 * keys as numbers: 1 and 01.
 */
export function keepsKeysApart(home: string, { name, limits, array }: Type): boolean {
  if (limits.length > 0 || array) return false;
  if (name === home || name === 'text' || name === 'varchar') return true;
  if (!WHOLE.includes(home)) return false;
  return WHOLE.includes(name) || name === 'numeric' || (name === 'float8' && home !== 'int8');
}

/** The value after a cast, of whoever it was before. '' is no uuid and no number, so casting it fails. */
export function cast(value: Value, type: Type, here: Case): Value {
  const made = converted(value, type, here);
  return value.kind === 'const' && made.kind === 'const' && value.session ? { ...made, session: true } : made;
}

function converted(value: Value, type: Type, here: Case): Value {
  if (value.kind === 'null' || value.kind === 'error') return value;
  if (value.kind === 'list' || type.array) return castList(value, type, here);
  if (value.kind === 'key') return castKey(value, type, here);
  if (value.kind === 'const') return castConstant(value.type, value.value, type) ?? other(value, type, here);
  // JSON is handed on as text, and read again.
  if (value.kind === 'object')
    return ['text', 'varchar', 'json', 'jsonb'].includes(type.name) ? value : other(value, type, here);
  return castTerm(value, type, here);
}

function castList(value: Value, type: Type, here: Case): Value {
  if (!type.array) return other(value, type, here);
  if (value.kind === 'list') {
    const items = value.items.map((item) => cast(item, { ...type, array: false }, here));
    return items.some(({ kind }) => kind === 'error') ? ERROR : { kind: 'list', items };
  }
  // Quotes and nested arrays are not read.
  const plain =
    value.kind === 'const' && typeof value.value === 'string' ? /^\{([^{}"\\]*)\}$/.exec(value.value) : null;
  if (plain) {
    const items = plain[1] === '' ? [] : (plain[1] ?? '').split(',');
    const read = items.map((item) => readConstant(item.trim(), type.name));
    if (read.every((item) => item !== undefined && item.kind !== 'error'))
      return { kind: 'list', items: read as Value[] };
  }
  return other(value, type, here);
}

function castKey(key: Key, type: Type, here: Case): Value {
  if (keepsKeysApart(key.home, type)) return { ...key, type: type.name };
  return other(key, type, here);
}

function castConstant(
  from: string,
  value: string | number | boolean | object,
  type: Type,
): Value | undefined {
  const [limit] = type.limits;
  const [source, target] = [familyOf(from), familyOf(type.name)];
  if (target === 'text' || target === 'padded') {
    const plain = written(from, value);
    if (plain === undefined || (type.name === 'name' && plain.length > 63)) return undefined;
    return readConstant(limit === undefined ? plain : plain.slice(0, limit), type.name);
  }
  if (source === 'text' || source === 'padded') {
    // An interval, a range: what is compared with them is not computed here.
    if (type.limits.length > 0 && target !== 'moment') return undefined;
    return readConstant(String(value), type.name);
  }
  if (source === 'number' && target === 'number' && limit === undefined) {
    const number = Number(value);
    if (!type.name.startsWith('int')) return constant(type.name, number);
    const rounded = Math.sign(number) * Math.round(Math.abs(number));
    return Number.isInteger(number)
      ? fits(rounded, type.name)
        ? constant(type.name, rounded)
        : ERROR
      : undefined;
  }
  if (source === 'moment' && target === 'moment') {
    return constant(type.name, Number.isFinite(Number(value)) ? Number.NaN : Number(value));
  }
  return from === type.name ? constant(from, value) : undefined;
}

function castTerm(term: Term, type: Type, here: Case): Value {
  const same = familyOf(term.type) === 'text' && (type.name === 'text' || type.name === 'varchar');
  if (type.limits.length === 0 && (term.type === type.name || same)) return { ...term, type: type.name };
  return other(term, type, here);
}

/** Something else, and not NULL where what is cast is not. */
function other(value: Value, type: Type, here: Case): Value {
  const known = settled(value, here);
  if (known.kind === 'null') return known;
  const name = `${textOf(known)}::${type.name}${type.limits.length > 0 ? `(${type.limits})` : ''}${type.array ? '[]' : ''}`;
  if (here.concrete) throw new Unreadable(name, false);
  const term: Term = {
    ...{ kind: 'term', text: name, nullable: false },
    type: type.array ? undefined : type.name,
    ...(known.kind === 'term' && { why: known.why, session: known.session, claims: known.claims }),
  };
  if (known.kind === 'key')
    return {
      ...term,
      why: `${known.whose === 'own' ? 'the tenant column' : 'the context'} cast to ${type.name}`,
    };
  return term;
}
