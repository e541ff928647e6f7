import type { Column } from '../../../catalog/snapshot.js';
import type { Rule } from './rules.js';
import { parseType } from './type-name.js';
import { type Token, valuesFor } from './values.js';

/** What a new row may hold in one column: nothing said (its default, or NULL), or a value. */
export type Choice = { given: false } | { given: true; value: string | null };

export interface Wishes {
  /** Columns whose value is decided: the tenant, keys of parents. */
  fixed: ReadonlyMap<string, string | null>;
  /** Nullable references for which a parent is at hand: its key, or NULL. */
  optional: ReadonlyMap<string, string | null>;
  /** Columns that must not be left out, though the catalog would allow it. */
  required: ReadonlySet<string>;
  /** Columns that the login may write. */
  writable: ReadonlySet<string>;
  /** Whether to give every column a value, for triggers that ask for more than the catalog says. */
  fill: boolean;
}

/** The choices for a column, the one to prefer first. Empty where nothing is known that fits its type. */
export async function choicesFor(
  column: Column,
  wishes: Wishes,
  rules: readonly Rule[],
  token: Token,
): Promise<Choice[]> {
  const given = (value: string | null): Choice => ({ given: true, value });
  const omitted: Choice = { given: false };
  const fixed = wishes.fixed.get(column.name);
  if (fixed !== undefined) return [given(fixed)];
  if (column.generated || column.identity === 'always' || !wishes.writable.has(column.name)) return [omitted];
  const optional = wishes.optional.get(column.name);
  if (optional !== undefined) return [given(optional), given(null)];
  const hasDefault = column.defaultExpression !== undefined || column.identity !== undefined;
  const mayOmit = (hasDefault || !column.notNull) && !wishes.required.has(column.name);
  const values = (await likelyValues(column, rules, token)).map(given);
  if (!mayOmit) return values;
  return wishes.fill && !hasDefault ? [...values, omitted] : [omitted, ...values];
}

/** What the column's own rules name comes before what its type allows. */
async function likelyValues(column: Column, rules: readonly Rule[], token: Token): Promise<string[]> {
  const about = rules.filter((rule) => rule.columns.includes(column.name));
  const typical = await valuesFor(column, token);
  const named = await namedValues(column, about);
  return [...new Set([...named, ...typical])];
}

const INTEGERS: Readonly<Record<string, number>> = { int2: 32_767, int4: 2_147_483_647, int8: 2 ** 53 };
const NUMBERS = new Set([...Object.keys(INTEGERS), 'numeric', 'float4', 'float8', 'money', 'oid']);
const TEXTS = new Set(['text', 'varchar', 'bpchar', 'citext', 'name', 'char']);
const MOMENTS = new Set(['timestamptz', 'timestamp', 'date']);

/** Constants of the rules that can be read as the column's type; beside numbers also their neighbours. */
async function namedValues(column: Column, rules: readonly Rule[]): Promise<string[]> {
  const { name, array } = await parseType(column.baseType);
  if (array || column.enumLabels.length > 0) return [];
  const texts = rules.flatMap((rule) => rule.texts);
  if (TEXTS.has(name)) return texts;
  if (MOMENTS.has(name)) return texts.filter((text) => /^\d{4}-\d\d-\d\d/.test(text));
  if (!NUMBERS.has(name)) return [];
  // A negative constant is written '-1'::integer.
  const numbers = [...rules.flatMap((rule) => rule.numbers), ...texts]
    .filter((text) => text.trim() !== '')
    .map(Number)
    .filter(Number.isFinite);
  const largest = INTEGERS[name];
  return numbers
    .flatMap((number) => [number, number + 1, number - 1])
    .filter((n) => largest === undefined || (Number.isInteger(n) && Math.abs(n) <= largest))
    .map(String);
}
