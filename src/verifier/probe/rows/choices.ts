import type { Column } from '../../../catalog/snapshot.js';
import type { Rule } from './rules.js';
import { parseType } from './type-name.js';
import { distinctFirst, type Token, valuesFor } from './values.js';

/** What a new row may hold in one column: nothing said (its default, or NULL), or a value. */
export type Choice = { given: false } | { given: true; value: string | null };

export interface Wishes {
  /** Columns whose value is decided: the tenant, keys of parents. */
  fixed: ReadonlyMap<string, string | null>;
  /** Nullable references for which a parent is at hand: its key, or NULL. */
  optional: ReadonlyMap<string, string | null>;
  /** Columns that must not be left out, though the catalog would allow it. */
  required: ReadonlySet<string>;
  /** Columns of keys. */
  distinct: ReadonlySet<string>;
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
  const likely = await likelyValues(column, rules, token);
  const values = (wishes.distinct.has(column.name) ? distinctFirst(likely) : likely).map(given);
  if (!mayOmit) return values;
  return wishes.fill && !hasDefault ? [...values, omitted] : [omitted, ...values];
}

/** What the column's own rules name comes before what its type allows. */
async function likelyValues(column: Column, rules: readonly Rule[], token: Token): Promise<string[]> {
  const about = rules.filter((rule) => rule.columns.includes(column.name));
  const typical = await valuesFor(column, token);
  const [texts, numbers] = [about.flatMap((rule) => rule.texts), about.flatMap((rule) => rule.numbers)];
  const named = await namedValues(column, texts, numbers);
  return [...new Set([...named, ...typical])];
}

const INTEGERS: Readonly<Record<string, number>> = { int2: 32_767, int4: 2_147_483_647, int8: 2 ** 53 };
const NUMBERS = new Set([...Object.keys(INTEGERS), 'numeric', 'float4', 'float8', 'money', 'oid']);
const TEXTS = new Set(['text', 'varchar', 'bpchar', 'citext', 'name', 'char']);
const MOMENTS = new Set(['timestamptz', 'timestamp', 'date']);

/** Constants that can be read as the column's type; beside numbers also their neighbours. */
export async function namedValues(
  column: Column,
  texts: readonly string[],
  numbers: readonly string[],
): Promise<string[]> {
  const { name, array, modifiers } = await parseType(column.baseType);
  if (array || column.enumLabels.length > 0) return [];
  if (TEXTS.has(name)) return [...texts];
  if (MOMENTS.has(name)) return texts.filter((text) => /^\d{4}-\d\d-\d\d/.test(text));
  if (!NUMBERS.has(name)) return [];
  // A negative constant is written '-1'::integer.
  const [precision, scale = 0] = modifiers;
  const largest =
    INTEGERS[name] ?? (precision === undefined ? Number.MAX_VALUE : 10 ** (precision - scale) - 1);
  return [...numbers, ...texts]
    .filter((text) => text.trim() !== '')
    .map(Number)
    .filter(Number.isFinite)
    .flatMap((number) => [number, number + 1, number - 1])
    .filter((n) => Math.abs(n) <= largest && (Number.isInteger(n) || !(name in INTEGERS)))
    .map(String);
}
