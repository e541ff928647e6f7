import { expect, it } from 'vitest';
import type { Constraint, Relation } from '../../../../src/catalog/snapshot.js';
import type { ClassifiedRelation, RelationClass } from '../../../../src/tenancy/model.js';
import { tablesInOrder } from '../../../../src/verifier/probe/world/order.js';

/** Tables by name; '?' after a reference says that it may be NULL. */
function model(tables: Record<string, string[]>): ClassifiedRelation[] {
  const names = Object.keys(tables);
  return names.map((name): ClassifiedRelation => {
    const references = tables[name] ?? [];
    const relation = {
      ...{ oid: names.indexOf(name), name, kind: 'table' },
      columns: references.map((to) => ({ name: to, notNull: !to.endsWith('?') })),
      constraints: references.map(
        (to) =>
          ({
            columns: [to],
            foreignKey: { relation: names.indexOf(to.replace('?', '')) },
          }) as unknown as Constraint,
      ),
    } as unknown as Relation;
    const kind: RelationClass = name === 'root' ? 'root' : name.startsWith('shared') ? 'shared' : 'tenant';
    return { relation, class: kind, tenantColumn: undefined, path: [], reason: '' };
  });
}

const order = (tables: Record<string, string[]>) =>
  tablesInOrder(model(tables)).map(({ relation }) => relation.name);

it('the root comes first, and parents before children', () => {
  expect(order({ c: ['b', 'root'], b: ['a'], a: ['root'], root: [] })).toEqual(['root', 'a', 'b', 'c']);
});

it('what may be NULL waits where it can, and breaks a circle where it must', () => {
  expect(order({ root: [], a: ['b?'], b: [] })).toEqual(['root', 'b', 'a']);
  expect(order({ root: [], a: ['b?'], b: ['a'] })).toEqual(['root', 'a', 'b']);
});

it('a circle that cannot be broken loses no table', () => {
  expect(order({ root: [], a: ['b'], b: ['a'], self: ['self'] }).sort()).toEqual(['a', 'b', 'root', 'self']);
});

it('shared relations are not in it', () => {
  expect(order({ root: [], shared: [], a: ['shared'] })).toEqual(['root', 'a']);
});
