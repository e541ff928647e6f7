import { bool, type Constant, constant, ERROR, familyOf, NULL, text, type Value } from './value.js';

const UUID = /^\{?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\}?$/;

/** Reads a text as a constant of a type; undefined where PostgreSQL may read it in a way that is not known here. */
export function readConstant(written: string, type: string): Value | undefined {
  switch (familyOf(type)) {
    case 'text':
      return constant(type, written);
    case 'padded':
      return constant(type, written.replace(/ +$/, ''));
    case 'uuid': {
      const parts = UUID.exec(written.trim().toLowerCase());
      return parts ? constant('uuid', parts.slice(1).join('-')) : ERROR;
    }
    case 'bool':
      return readBoolean(written.trim().toLowerCase());
    case 'number':
      return readNumber(written.trim(), type);
    case 'moment':
      return readMoment(written.trim().toLowerCase(), type);
    case 'json':
      return readJson(written);
    default:
      return constant(type, written);
  }
}

function readBoolean(written: string): Value {
  const means = (words: readonly string[], least: number) =>
    words.some((word) => word.startsWith(written) && written.length >= Math.min(least, word.length));
  if (written === '') return ERROR;
  if (written === '1' || means(['true', 'yes'], 1) || written === 'on') return bool(true);
  if (written === '0' || means(['false', 'no'], 1) || means(['off'], 2)) return bool(false);
  return ERROR;
}

function readNumber(written: string, type: string): Value | undefined {
  const whole = type.startsWith('int');
  if (!(whole ? /^[+-]?\d{1,15}$/ : /^[+-]?\d{1,15}(\.\d{1,6})?$/).test(written)) {
    return /\d/.test(written) || /^[+-]?(inf|nan)/i.test(written) ? undefined : ERROR;
  }
  return fits(Number(written), type) ? constant(type, Number(written)) : ERROR;
}

const LARGEST: Readonly<Record<string, number>> = { int2: 32_767, int4: 2_147_483_647 };

export function fits(number: number, type: string): boolean {
  return Math.abs(number) <= (LARGEST[type] ?? Number.MAX_SAFE_INTEGER);
}

function readMoment(written: string, type: string): Value | undefined {
  if (written === 'infinity') return constant(type, Number.POSITIVE_INFINITY);
  if (written === '-infinity') return constant(type, Number.NEGATIVE_INFINITY);
  if (!/^\d{4}-\d\d-\d\d/.test(written)) return undefined;
  const [day = ''] = written.split(/[ t]/);
  return constant(type, Date.parse(day));
}

function readJson(written: string): Value {
  try {
    return ofJson(JSON.parse(written));
  } catch {
    return ERROR;
  }
}

/** A value of JSON; scalars are what `->>` makes of them. */
export function ofJson(json: unknown): Value {
  if (json === null) return NULL;
  if (Array.isArray(json)) return { kind: 'list', items: json.map(ofJson) };
  if (typeof json === 'object') {
    return {
      kind: 'object',
      fields: new Map(Object.entries(json).map(([name, field]) => [name, ofJson(field)])),
    };
  }
  return typeof json === 'string'
    ? text(json)
    : constant(typeof json === 'number' ? 'numeric' : 'bool', json as Constant);
}

/** A constant as text, as PostgreSQL writes it; undefined where that is not known here. */
export function written(type: string, value: Constant): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  return typeof value === 'number' && Number.isInteger(value) && type.startsWith('int')
    ? String(value)
    : undefined;
}

/** The smaller one comes first; undefined where it is not known which, or whether they can be compared at all. */
export function compareConstants(a: Value, b: Value): number | undefined {
  if (a.kind !== 'const' || b.kind !== 'const') return undefined;
  const family = familyOf(a.type);
  if (family !== familyOf(b.type) || (family === undefined && a.type !== b.type)) return undefined;
  if (family === 'moment') return compareMoments(Number(a.value), Number(b.value));
  if (a.value === b.value) return 0;
  if (family === 'number') return Number(a.value) - Number(b.value);
  if (family === 'bool') return Number(a.value) - Number(b.value);
  if (family === 'uuid') return String(a.value) < String(b.value) ? -1 : 1;
  return family === 'text' || family === 'padded'
    ? compareTexts(String(a.value), String(b.value))
    : undefined;
}

/** Letters come in another order in each language; only numbers of equal length do not. */
function compareTexts(a: string, b: string): number | undefined {
  let same = 0;
  while (same < a.length && a[same] === b[same]) same += 1;
  const [x = '', y = ''] = [a, b].map((written) => /^\d+/.exec(written.slice(same))?.[0]);
  return x !== '' && x.length === y.length ? (x < y ? -1 : 1) : undefined;
}

const TWO_DAYS = 2 * 24 * 60 * 60 * 1000;

/** What is finite lies between the infinite; of two days that are near, the time zone decides. */
function compareMoments(a: number, b: number): number | undefined {
  if (Number.isFinite(a) && Number.isFinite(b)) {
    return Math.abs(a - b) > TWO_DAYS ? a - b : undefined;
  }
  if (Math.abs(a) === Number.POSITIVE_INFINITY) return a === b ? 0 : a;
  return Math.abs(b) === Number.POSITIVE_INFINITY ? -b : undefined;
}

/** Whether two constants are the same; undefined where that is not known. */
export function sameConstants(a: Value, b: Value): boolean | undefined {
  const order = compareConstants(a, b);
  if (order !== undefined) return order === 0;
  if (a.kind !== 'const' || b.kind !== 'const') return undefined;
  const family = familyOf(a.type);
  if (family !== familyOf(b.type) || (family === undefined && a.type !== b.type)) return undefined;
  if (family === 'moment' || family === 'json') return undefined;
  return a.value === b.value;
}
