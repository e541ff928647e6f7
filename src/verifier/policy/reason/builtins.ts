import { type Case, Unreadable } from './case.js';
import { operands } from './compare.js';
import { written } from './constants.js';
import { isNamedBy, orOtherwise, unnamedField } from './session.js';
import { bool, constant, NULL, type Term, text, textOf, type Value } from './value.js';

type Text = (values: readonly string[]) => string | number | boolean | undefined;

/** Functions of texts that JavaScript computes as PostgreSQL does, for the plain texts that rows are made of. */
const OF_TEXTS: Readonly<Record<string, Text>> = {
  lower: ([a = '']) => a.toLowerCase(),
  upper: ([a = '']) => a.toUpperCase(),
  length: ([a = '']) => a.length,
  char_length: ([a = '']) => a.length,
  btrim: ([a = '', ...more]) => (more.length === 0 ? a.replace(/^ +| +$/g, '') : undefined),
  starts_with: ([a = '', b = '']) => a.startsWith(b),
  replace: ([a = '', b = '', c = '']) => (b === '' ? a : a.replaceAll(b, c)),
  split_part: ([a = '', by = '', n = '']) =>
    by === '' || Number(n) < 1 ? undefined : (a.split(by)[Number(n) - 1] ?? ''),
  left: ([a = '', n = '']) => (Number(n) < 0 ? undefined : a.slice(0, Number(n))),
  right: ([a = '', n = '']) => (Number(n) < 0 ? undefined : Number(n) === 0 ? '' : a.slice(-Number(n))),
};

/** Built-in functions that give NULL for NULL, and else never, with the type of what they give. */
const STRICT: Readonly<Record<string, string>> = {
  ...{ lower: 'text', upper: 'text', length: 'int4', char_length: 'int4', btrim: 'text', replace: 'text' },
  ...{ starts_with: 'bool', left: 'text', right: 'text', split_part: 'text', date_trunc: '', abs: '' },
};

/** The time: of nobody in particular, neither NULL nor infinite. */
const CLOCKS = new Set(['now', 'transaction_timestamp', 'statement_timestamp', 'clock_timestamp']);

/** A built-in function; what is not known of it is a term. */
export function builtin(name: string, values: readonly Value[], here: Case): Value {
  if (CLOCKS.has(name) && values.length === 0) return clock(here);
  if (name === 'json_build_object' || name === 'jsonb_build_object') return builtObject(values, here);
  if (name === 'format' || name === 'concat') return joined(name, values, here);
  const result = STRICT[name];
  if (result === undefined) return unknownCall(name, values, here);
  const known = operands(values, here);
  if (!Array.isArray(known)) return known;
  const plain = known.map((value) => (value.kind === 'const' ? value.value : undefined));
  if (plain.every((value) => typeof value === 'string' || typeof value === 'number')) {
    const computed = OF_TEXTS[name]?.(plain.map(String));
    if (typeof computed === 'boolean') return bool(computed);
    if (typeof computed === 'number') return constant('int4', computed);
    if (computed !== undefined)
      return { kind: 'const', type: 'text', value: computed, session: namesTheSame(name, known) };
  }
  return termOf(`${name}(${known.map(textOf).join(', ')})`, known, here, {
    type: result || undefined,
    nullable: false,
    session: namesTheSame(name, known),
  });
}

/** Who is signed in is still named by their name in lower case; a part of it, or its length, is many people's. */
const namesTheSame = (name: string, [value]: readonly Value[]): boolean =>
  ['lower', 'upper', 'btrim'].includes(name) &&
  (value?.kind === 'const' || value?.kind === 'term') &&
  value.session === true;

export function clock(here: Case, type = 'timestamptz'): Value {
  return here.concrete
    ? constant(type, Number.NaN)
    : { kind: 'term', text: `now as ${type}`, type, nullable: false };
}

function builtObject(values: readonly Value[], here: Case): Value {
  const fields = new Map<string, Value>();
  for (let at = 0; at + 1 < values.length; at += 2) {
    const [name, field] = [values[at], values[at + 1]];
    if (name?.kind !== 'const' || !field || field.kind === 'term')
      return unknownCall('json_build_object', values, here);
    fields.set(String(name.value), field);
  }
  return { kind: 'object', fields };
}

/** format() with nothing but %s, and concat(). */
function joined(name: string, values: readonly Value[], here: Case): Value {
  const texts = values.map((value) =>
    value.kind === 'null' ? '' : value.kind === 'const' ? written(value.type, value.value) : undefined,
  );
  const [pattern = '', ...rest] = texts;
  if (texts.some((value) => value === undefined)) return unknownCall(name, values, here);
  if (name === 'concat') return text(texts.join(''));
  if (/%[^s]/.test(pattern)) return unknownCall(name, values, here);
  let at = 0;
  return text(pattern.replaceAll('%s', () => rest[at++] ?? ''));
}

/** Whether a function answers differently each time it is asked, so that two calls are not the same value. */
const VOLATILE = new Set(['random', 'gen_random_uuid', 'uuidv7', 'nextval', 'timeofday', 'uuid_generate_v4']);

function unknownCall(name: string, values: readonly Value[], here: Case): Value {
  const shown = `${name}(${values.map(textOf).join(', ')})`;
  const isRowOnly = values.length > 0 && values.every((value) => value.kind !== 'key');
  const why = isRowOnly ? `the function ${name}` : `${name}(), which cannot be read here`;
  if (!VOLATILE.has(name)) return termOf(shown, values, here, { why });
  // Unlike everything before it.
  here.serial += 1;
  return termOf(`${shown} #${here.serial}`, values, here, { why });
}

/** Something that is made of values, of which no more is known than of them. */
export function termOf(
  name: string,
  values: readonly Value[],
  here: Case,
  more: Partial<Pick<Term, 'type' | 'nullable' | 'why' | 'session'>> = {},
): Value {
  const hidden = values.find((value) => value.kind === 'term' && value.why !== undefined);
  const why = more.why ?? (hidden?.kind === 'term' ? hidden.why : undefined);
  if (here.concrete) throw new Unreadable(why ?? name, false);
  const term: Term = { kind: 'term', text: name, type: undefined, nullable: true, ...more };
  return why === undefined ? term : { ...term, why };
}

/** Any other operator: its result may be anything, NULL included. */
export function operator(name: string, values: readonly Value[], here: Case): Value {
  const [left, right] = values;
  if (left && right) {
    const known = computed(name, left, right, here);
    if (known) return known;
  }
  const session = name === '->>' && left !== undefined && right !== undefined && isNamedBy(left, right);
  return termOf(`(${values.map(textOf).join(` ${name} `)})`, values, here, { session });
}

function computed(name: string, left: Value, right: Value, here: Case): Value | undefined {
  if (name === '->' || name === '->>' || name === '#>>' || name === '#>')
    return field(name, left, right, here);
  const known = operands([left, right], here);
  if (name === '||' && (left.kind === 'list' || right.kind === 'list')) return undefined;
  if (!Array.isArray(known)) return ARITHMETIC[name] || PATTERNS[name] ? known : undefined;
  const [a, b] = known;
  if (a?.kind !== 'const' || b?.kind !== 'const') return undefined;
  const pattern = PATTERNS[name];
  if (pattern && typeof a.value === 'string' && typeof b.value === 'string') {
    const matches = pattern(a.value, b.value);
    return matches === undefined ? undefined : bool(matches);
  }
  if (name === '||' && typeof a.value === 'string' && typeof b.value === 'string')
    return text(a.value + b.value);
  return calculate(name, a, b);
}

const ARITHMETIC: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
};

type Const = Extract<Value, { kind: 'const' }>;

/** Whole numbers; and moments, which an interval moves within the finite. */
function calculate(name: string, a: Const, b: Const): Value | undefined {
  const moment = [a, b].find(({ type }) => type === 'timestamptz' || type === 'timestamp');
  const interval = [a, b].find(({ type }) => type === 'interval');
  if (moment && interval) {
    return Number.isFinite(Number(moment.value)) ? constant(moment.type, Number.NaN) : moment;
  }
  const work = ARITHMETIC[name];
  if (!work || !a.type.startsWith('int') || !b.type.startsWith('int')) return undefined;
  const result = work(Number(a.value), Number(b.value));
  return Math.abs(result) < 2 ** 31 ? constant(a.type, result) : undefined;
}

const PATTERNS: Readonly<Record<string, (a: string, b: string) => boolean | undefined>> = {
  '~~': like,
  '!~~': (a, b) => negated(like(a, b)),
  '~~*': (a, b) => like(a.toLowerCase(), b.toLowerCase()),
  '!~~*': (a, b) => negated(like(a.toLowerCase(), b.toLowerCase())),
  '^@': (a, b) => a.startsWith(b),
  '~': (a, b) => matches(a, b, ''),
  '!~': (a, b) => negated(matches(a, b, '')),
  '~*': (a, b) => matches(a, b, 'i'),
  '!~*': (a, b) => negated(matches(a, b, 'i')),
};

/** What both languages of regular expressions have, and mean alike; of letters, those that fold alike. */
const PLAIN_PATTERN = /^(?!\*)[\w\s@^$(){}[\]|,.:+*/-]*$/;
const ASCII = /^[ -~]*$/;

function matches(value: string, pattern: string, flags: string): boolean | undefined {
  if (!PLAIN_PATTERN.test(pattern) || /\[([:.=]|\^?\])|[*+}][*+{]/.test(pattern) || !ASCII.test(value))
    return undefined;
  try {
    return new RegExp(pattern, `s${flags}`).test(value);
  } catch {
    return undefined;
  }
}

const negated = (value: boolean | undefined) => (value === undefined ? undefined : !value);

function like(value: string, pattern: string): boolean | undefined {
  if (pattern.includes('\\')) return undefined;
  const source = [...pattern]
    .map((c) => (c === '%' ? '.*' : c === '_' ? '.' : c.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')))
    .join('');
  return new RegExp(`^${source}$`, 'su').test(value);
}

/** A field of JSON that is known as a whole; `->` of a scalar is its JSON, which is not the text. */
function field(name: string, left: Value, right: Value, here: Case): Value | undefined {
  if (left.kind === 'null' || left.kind === 'error') return left;
  if (left.kind !== 'object' || (right.kind !== 'const' && right.kind !== 'list')) return undefined;
  const path = pathOf(name, right);
  if (!path) return undefined;
  let found: Value = left;
  for (const [at, step] of path.entries()) {
    if (found.kind === 'list') return undefined;
    if (found.kind === 'object' && found.place && !found.fields.has(step)) {
      return unnamedField([...found.place, ...path.slice(at)], name.endsWith('>>'), here);
    }
    found = found.kind === 'object' ? (found.fields.get(step) ?? NULL) : NULL;
  }
  if (left.place) found = orOtherwise(found, [...left.place, ...path], here);
  if (name.endsWith('>>')) return asText(found);
  return found.kind === 'object' || found.kind === 'null' || here.concrete ? found : undefined;
}

function pathOf(name: string, path: Value): string[] | undefined {
  if (path.kind === 'list') {
    return path.items.map((item) => (item.kind === 'const' ? String(item.value) : ''));
  }
  if (path.kind !== 'const' || typeof path.value !== 'string') return undefined;
  return name.startsWith('#') ? path.value.replace(/^\{|\}$/g, '').split(',') : [path.value];
}

function asText(value: Value): Value | undefined {
  if (value.kind === 'const') return { ...value, type: 'text', value: String(value.value) };
  if (value.kind === 'key') return { ...value, type: 'text' };
  return value.kind === 'list' ? undefined : value;
}
