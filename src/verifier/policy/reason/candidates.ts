import type { Column } from '../../../catalog/snapshot.js';
import { findAll } from '../nodes.js';
import { fits, ofJson, readConstant } from './constants.js';
import { typeOfColumn } from './types.js';
import { bool, constant, familyOf, text, textOf, type Value } from './value.js';

/** The keys of three tenants. */
export interface Keys {
  asked: Value;
  own: Value;
  third: Value;
}

/** Constants that an expression names: what it compares columns with. */
export interface Named {
  texts: ReadonlySet<string>;
  numbers: ReadonlySet<number>;
}

export function namedIn(trees: readonly unknown[]): Named {
  const texts = new Set<string>();
  const numbers = new Set<number>();
  for (const { sval, ival, fval, boolval } of findAll(trees, 'A_Const')) {
    if (sval) texts.add(sval.sval ?? '');
    else if (ival) numbers.add(ival.ival ?? 0);
    else if (fval && !boolval) numbers.add(Number(fval.fval));
  }
  for (const written of texts) if (/^-?\d{1,15}(\.\d{1,6})?$/.test(written)) numbers.add(Number(written));
  return { texts, numbers };
}

// They differ in a digit, so that as texts they come in the same order in every language.
const UUIDS = [
  '1aaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa',
  '2bbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb',
  '3ccccccc-cccc-4ccc-8ccc-cccccccccccc',
];
const NEAR = [
  'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa',
  'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaab',
  'cccccccc-cccc-4ccc-8ccc-cccccccccccc',
];
const FRESH = ['eeeeeeee-eeee-4eee-8eee-eeeeeeeeeeee', 'ffffffff-ffff-4fff-8fff-ffffffffffff'];

/** Asked, own, third; some are of a kind that loose comparisons take for the same. */
const TEXT_KEYS = [
  ['tenant-1', 'tenant-2', 'tenant-3'],
  ['tenant-2', 'tenant-1', 'tenant-3'],
  ['a_c', 'abc', 'third'],
  ['ab', 'AB', 'third'],
  ['1', '01', '3'],
  ['tenant', 'tenant-2', 'third'],
  ['acme-1', 'acme-2', 'third'],
];

const NUMBER_KEYS = [
  [1001, 1002, 1003],
  [1002, 1001, 1003],
];

/** How many of the keys are in no way alike, but for their order. */
const PLAIN = 2;

/**
 * Keys of tenants to try, the plain ones first; `bound` are those that the case at hand has found to be something. `alike`:
 * keys that only a loose comparison takes for the same.
 */
export function keysToTry(
  home: string,
  limit: number | undefined,
  bound: Partial<Keys>,
): (Keys & { alike: boolean })[] {
  return keySets(home, limit).flatMap((values, at) => {
    const [asked, own, third] = values.map((value) => constant(home, value));
    if (!asked || !own || !third) return [];
    const keys = { asked, own, third, ...bound, alike: at >= PLAIN };
    const different = new Set([keys.asked, keys.own, keys.third].map(textOf)).size === 3;
    return different ? [keys] : [];
  });
}

function keySets(home: string, limit: number | undefined): (string | number)[][] {
  const family = familyOf(home);
  if (family === 'uuid') return [UUIDS, [UUIDS[1] ?? '', UUIDS[0] ?? '', UUIDS[2] ?? ''], NEAR];
  if (family === 'number') return NUMBER_KEYS;
  if (family !== 'text') return [];
  return TEXT_KEYS.filter((keys) => limit === undefined || keys.every((key) => key.length <= limit));
}

/** Whether a column can hold a constant. */
export function fitsIn(value: Value, column: Column): boolean {
  if (value.kind !== 'const') return false;
  const { name, limits } = typeOfColumn(column);
  const [limit] = limits;
  // A moment is known by its day only.
  if (familyOf(name) === 'moment') return !Number.isFinite(value.value) && !Number.isNaN(value.value);
  if (typeof value.value === 'number')
    return fits(value.value, name) && (Number.isInteger(value.value) || !name.startsWith('int'));
  return typeof value.value !== 'string' || limit === undefined || value.value.length <= limit;
}

/** Values to try in a column, what expressions name first. Empty for a type of which nothing is known. */
export function valuesFor(column: Column, named: Named, keys: Keys): Value[] {
  const { name, limits, array } = typeOfColumn(column);
  const family = familyOf(name);
  const ofKeys = [keys.asked, keys.own].filter((key) => 'type' in key && familyOf(key.type) === family);
  if (array) return arraysOf(name, named, keys);
  const [limit] = limits;
  if (column.enumLabels.length > 0) {
    const labels = [...column.enumLabels.filter((label) => named.texts.has(label)), ...column.enumLabels];
    return unique(labels.map((label) => constant(name, label)));
  }
  switch (family) {
    case 'bool':
      return [bool(true), bool(false)];
    case 'uuid':
      return unique(
        [...FRESH.slice(0, 1), ...named.texts, ...FRESH.slice(1)]
          .flatMap((each) => read(each, name))
          .concat(ofKeys),
      );
    case 'number':
      return unique([...numbersNear(named, name, limits), ...ofKeys]);
    case 'text':
    case 'padded':
      return unique(
        [...textsNear(named), 'x', 'y', '']
          .filter((each) => each.length <= (limit ?? 100))
          .flatMap((each) => read(each, name))
          .concat(ofKeys),
      );
    case 'moment':
      return unique(
        [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY].map((moment) => constant(name, moment)),
      );
    case 'json':
      return objectsOf(named);
    default:
      return [];
  }
}

const read = (written: string, type: string): Value[] => {
  const value = readConstant(written, type);
  return value && value.kind !== 'error' ? [value] : [];
};

function unique(values: readonly Value[]): Value[] {
  return [...new Map(values.map((value) => [textOf(value), value])).values()];
}

function numbersNear({ numbers }: Named, type: string, limits: readonly number[]): Value[] {
  const most = limits[0] === undefined ? Number.MAX_SAFE_INTEGER : 10 ** (limits[0] - (limits[1] ?? 0)) - 1;
  return [...[...numbers].flatMap((n) => [n, n + 1, n - 1]), 7, 0, 1]
    .filter((n) => fits(n, type) && Math.abs(n) <= most && Number.isInteger(n))
    .map((n) => constant(type, n));
}

/** What a pattern matches, beside the texts themselves. */
function textsNear({ texts }: Named): string[] {
  return [...texts].flatMap((each) =>
    /[%_]/.test(each)
      ? [each, each.replaceAll('%', '').replaceAll('_', 'x')]
      : [each, each.toUpperCase(), each.toLowerCase()],
  );
}

function objectsOf({ texts }: Named): Value[] {
  const some = [...texts].filter((each) => each !== '').slice(0, 6);
  const fields = some.flatMap((field) =>
    some.filter((value) => value !== field).map((value) => ({ [field]: value })),
  );
  return [...fields, {}].map(ofJson);
}

function arraysOf(type: string, named: Named, keys: Keys): Value[] {
  const items =
    familyOf(type) === 'uuid' ? [keys.asked] : familyOf(type) === 'text' ? [...named.texts].map(text) : [];
  return [...items.map((item): Value => ({ kind: 'list', items: [item] })), { kind: 'list', items: [] }];
}
