import { randomInt, randomUUID } from 'node:crypto';
import type { Column } from '../../../catalog/snapshot.js';
import { parseType, type TypeName } from './type-name.js';

/** What the values of one row are made of: nothing that another run, or another row, has. */
export interface Token {
  /** 12 hexadecimal digits. */
  hex: string;
  number: number;
  /** A moment in the last years, on a whole minute. */
  past: Date;
  /** A moment in the coming years. */
  future: Date;
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

export function newToken(): Token {
  const minutesAway = () => randomInt(1, 700 * 24 * 60) * MINUTE_MS;
  const now = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
  return {
    // Its last part is random as a whole, and Node has it at hand.
    hex: randomUUID().slice(-12),
    number: randomInt(1_000_000, 1_000_000_000),
    past: new Date(now - DAY_MS - minutesAway()),
    future: new Date(now + DAY_MS + minutesAway()),
  };
}

/**
 * Values of a column's type as PostgreSQL reads them, the one to prefer first. They are guesses of what people's CHECK
 * constraints may ask for; the server decides which of them are right. Empty where the type is not known.
 */
export async function valuesFor(column: Column, token: Token): Promise<string[]> {
  if (column.enumLabels.length > 0 && column.elementType === undefined) return column.enumLabels;
  if (column.typeKind === 'range') return ['(,)', 'empty'];
  if (column.typeKind === 'multirange') return ['{}', '{(,)}'];
  const type = await parseType(column.baseType);
  if (type.array || column.elementType !== undefined) return arrays(column, token);
  return scalars(type, token);
}

async function arrays(column: Column, token: Token): Promise<string[]> {
  const element = await parseType(column.elementType ?? column.baseType);
  const values =
    column.enumLabels.length > 0 ? column.enumLabels : scalars({ ...element, array: false }, token);
  const quoted = values.slice(0, 2).map((value) => `"${value.replaceAll(/["\\]/g, '\\$&')}"`);
  return ['{}', ...quoted.slice(0, 1).map((value) => `{${value}}`), `{${quoted.join(',')}}`];
}

function scalars({ name, modifiers }: TypeName, token: Token): string[] {
  switch (name) {
    case 'text':
    case 'varchar':
    case 'bpchar':
    case 'citext':
    case 'name':
    case 'char':
      return texts(token, name === 'char' ? 1 : modifiers[0]);
    case 'uuid':
      return [randomUUID()];
    case 'bool':
      return ['true', 'false'];
    case 'int2':
      return numbers(token.number % 32_000);
    case 'int4':
    case 'int8':
    case 'oid':
      return numbers(token.number);
    case 'numeric': {
      const [precision = 9, scale = 0] = modifiers;
      const limit = 10 ** (precision - scale);
      return [...numbers(token.number % Math.min(limit, 1e9)), '0.5'].filter(
        (n) => Math.abs(Number(n)) < limit,
      );
    }
    case 'float4':
    case 'float8':
    case 'money':
      return [...numbers(token.number), '0.5'];
    case 'json':
    case 'jsonb':
      return ['{}', '[]', `{"tenantctl": "${token.hex}"}`, `["${token.hex}"]`, '"text"', '1', 'true'];
    default:
      return moments(name, token) ?? [...(RARE[name] ?? [])];
  }
}

/** Short and long, words and addresses: of every kind that a pattern is likely to ask for. */
function texts({ hex, number }: Token, limit: number | undefined): string[] {
  const digits = String(number);
  const all = [
    `tenantctl-${hex}`,
    `t${hex}`,
    `${hex}@example.test`,
    `https://${hex}.example.test/`,
    `${hex}.example.test`,
    `T${hex.toUpperCase()}`,
    digits,
    `+${digits}0000`,
    `#${hex.slice(0, 6)}`,
    `/${hex}`,
    randomUUID(),
    ...['a', 'A', 'aa', 'AA', 'aaa', 'AAA', 'aaaa', 'aa-AA', 'aa_AA', '1', '10', '100', '0000', ''],
    ...['2030-01-31', '12:00', '127.0.0.1', '1.0.0', 'UTC', hex.repeat(3).slice(0, 32)],
  ];
  // What makes a value the only one of its kind stands at its end.
  return limit === undefined ? all : [...new Set(all.map((text) => text.slice(-limit)))];
}

function numbers(unlikely: number): string[] {
  return ['1', '0', '2', '-1', '10', '100', String(unlikely)];
}

/** For a column of a key: what no other row has comes first, which for numbers is not what people would write. */
export function distinctFirst(values: readonly string[]): string[] {
  return values[0] === '1' ? values.toReversed() : [...values];
}

function moments(type: string, { past, future }: Token): string[] | undefined {
  const hour = 60 * MINUTE_MS;
  const at = (base: Date, offset: number) => new Date(base.getTime() + offset).toISOString();
  const ordered = [at(past, 0), at(past, hour), at(future, 0), at(future, hour)];
  switch (type) {
    case 'timestamptz':
      return ordered;
    case 'timestamp':
      return ordered.map((moment) => moment.slice(0, 19));
    case 'date':
      return [at(past, 0), at(past, 2 * DAY_MS), at(future, 0), at(future, 2 * DAY_MS)].map((m) =>
        m.slice(0, 10),
      );
    case 'time':
    case 'timetz':
      return ['09:00', '10:00', '17:30'];
    case 'interval':
      return ['1 hour', '1 day', '00:00', '-1 hour'];
    default:
      return undefined;
  }
}

const RARE: Readonly<Record<string, readonly string[]>> = {
  bytea: ['\\x00'],
  inet: ['192.0.2.1'],
  cidr: ['192.0.2.0/24'],
  macaddr: ['02:00:00:00:00:01'],
  macaddr8: ['02:00:00:00:00:00:00:01'],
  xml: ['<x/>'],
  bit: ['0'],
  varbit: ['0'],
  tsvector: ['word'],
  tsquery: ['word'],
  point: ['(0,0)'],
  line: ['{1,0,0}'],
  lseg: ['[(0,0),(1,1)]'],
  box: ['(1,1),(0,0)'],
  path: ['((0,0),(1,1))'],
  polygon: ['((0,0),(1,0),(1,1))'],
  circle: ['<(0,0),1>'],
  hstore: ['"k"=>"v"'],
  ltree: ['top'],
  pg_lsn: ['0/1'],
  regclass: ['pg_class'],
  geometry: ['POINT(0 0)'],
  geography: ['POINT(0 0)'],
};
