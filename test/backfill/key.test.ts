import { expect, it } from 'vitest';
import { tableKey } from '../../src/backfill/key.js';
import type { Index, Relation } from '../../src/catalog/snapshot.js';

const index = (columns: string[], facts: Partial<Index> = {}): Index =>
  ({ name: columns.join(), unique: true, valid: true, primary: false, columns, ...facts }) as Index;

function keyOf(indexes: Index[]): string[] | undefined {
  const columns = ['a', 'b', 'ci', 'tenant', 'loose'].map((name) => ({
    ...{ name, neverNull: name !== 'loose', collationDeterministic: name !== 'ci' },
  }));
  const constraints = [{ name: 'late', deferrable: true }];
  return tableKey({ columns, indexes, constraints } as unknown as Relation, 'tenant');
}

it('takes the primary key, else the shortest unique index that holds for every row', () => {
  expect(keyOf([index(['a']), index(['a', 'b'], { primary: true })])).toEqual(['a', 'b']);
  expect(keyOf([index(['a', 'b']), index(['b'])])).toEqual(['b']);
});

it('takes no index that leaves rows out, may be violated, or contains what is about to change', () => {
  for (const unusable of [
    index(['a'], { unique: false }),
    index(['a'], { valid: false }),
    index(['a'], { predicate: 'a > 0' }),
    index(['a'], { constraint: 'late' }),
    index(['']),
    index(['loose']),
    index(['a', 'tenant'], { primary: true }),
  ]) {
    expect(keyOf([unusable])).toBeUndefined();
  }
});

it('takes an index that may have a collation of its own only where equal is the same to both', () => {
  expect(keyOf([index(['ci'])])).toBeUndefined();
  expect(keyOf([index(['ci'], { constraint: 'users_ci_key' })])).toEqual(['ci']);
});
