import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parentsFirst } from '../../src/backfill/order.js';

const graphs = fc.integer({ min: 1, max: 8 }).chain((count) =>
  fc.array(fc.array(fc.integer({ min: 0, max: count }), { maxLength: 4 }), {
    ...{ minLength: count, maxLength: count },
  }),
);

it('keeps every one, each after what it depends on unless there is a cycle, and knows when there is one', () => {
  fc.assert(
    fc.property(graphs, (edges) => {
      const items = edges.map((after, id) => ({ id, after }));
      const { order, cyclic } = parentsFirst(items);
      expect(order.map(({ id }) => id).toSorted()).toEqual(items.map(({ id }) => id));
      const place = new Map(order.map(({ id }, index) => [id, index]));
      const backwards = items.flatMap(({ id, after }) =>
        after.filter((parent) => place.has(parent) && (place.get(parent) ?? 0) >= (place.get(id) ?? 0)),
      );
      expect(backwards.length > 0).toBe(cyclic);
    }),
  );
});

it('keeps the given order among equals', () => {
  const items = [3, 1, 2].map((id) => ({ id, after: [] }));
  expect(parentsFirst(items)).toEqual({ order: items, cyclic: false });
});
