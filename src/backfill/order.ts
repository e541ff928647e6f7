/** Something with a place in the order, and what should come before it. */
export interface Dependent {
  id: number;
  after: readonly number[];
}

/**
 * Puts each after what it depends on; what is in a cycle keeps the given order.
 *
 * @returns the order, and whether a cycle made it impossible to keep it everywhere
 */
export function parentsFirst<T extends Dependent>(items: readonly T[]): { order: T[]; cyclic: boolean } {
  const byId = new Map(items.map((item) => [item.id, item]));
  const state = new Map<number, 'open' | 'done'>();
  const order: T[] = [];
  let cyclic = false;
  const visit = (item: T): void => {
    const seen = state.get(item.id);
    cyclic ||= seen === 'open';
    if (seen) return;
    state.set(item.id, 'open');
    for (const id of item.after) {
      const parent = byId.get(id);
      if (parent) visit(parent);
    }
    state.set(item.id, 'done');
    order.push(item);
  };
  for (const item of items) visit(item);
  return { order, cyclic };
}
