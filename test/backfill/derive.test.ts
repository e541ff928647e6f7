import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describePath, pathsToTenant } from '../../src/backfill/derive.js';
import type { TenancyModel } from '../../src/tenancy/model.js';
import { modelOf, type Table } from './snapshot.js';

const COLUMNS = [['a'], ['b'], ['a', 'b'], ['c', 'organization_id'], ['organization_id']];

/** Random foreign keys, composite and tenant-carrying ones among them, with cycles and self-references. */
const schemas = fc.integer({ min: 1, max: 7 }).chain((count) =>
  fc.array(
    fc.record({
      tenant: fc.boolean(),
      shared: fc.integer({ min: 0, max: 9 }).map((dice) => dice === 0),
      links: fc.array(
        fc.record({ to: fc.integer({ min: 0, max: count }), columns: fc.constantFrom(...COLUMNS) }),
        { maxLength: 3 },
      ),
    }),
    { minLength: count, maxLength: count },
  ),
);

function derive(tables: Table[], from = 1): { model: TenancyModel } & ReturnType<typeof pathsToTenant> {
  const model = modelOf(tables);
  const columns = new Map([[from, 'organization_id']]);
  for (const { relation, tenantColumn } of model.relations) {
    if (tenantColumn !== undefined) columns.set(relation.oid, tenantColumn);
  }
  const relation = model.relations[from]?.relation;
  if (!relation) throw new Error('there is no such table');
  return { model, ...pathsToTenant(model, relation, columns) };
}

describe('paths to the tenant', () => {
  it('each is a chain of foreign keys from the table to the first that says whose the row is', () => {
    fc.assert(
      fc.property(schemas, (tables) => {
        const { model, paths } = derive(tables);
        for (const { steps, column } of paths) {
          const visited = [1, ...steps.map(({ to }) => to.oid)];
          expect(new Set(visited).size).toBe(visited.length);
          for (const [index, step] of steps.entries()) {
            const from = model.relations[visited[index] ?? -1];
            const constraint = from?.relation.constraints.find(({ name }) => name === step.constraint);
            expect(constraint?.foreignKey?.relation).toBe(step.to.oid);
            expect(constraint?.columns).toEqual(step.columns);
            expect(step.columns).toHaveLength(step.references.length);
            // The column that is to be filled cannot be what fills it.
            if (index === 0) expect(step.columns).not.toContain('organization_id');
            const known = model.relations[step.to.oid];
            expect(known?.class).not.toBe('shared');
            const last = index === steps.length - 1;
            expect(known?.tenantColumn !== undefined).toBe(last);
            if (last) expect(known?.tenantColumn).toBe(column);
          }
        }
      }),
    );
  });

  it('one is found wherever there is one, and the first is a shortest', () => {
    fc.assert(
      fc.property(schemas, (tables) => {
        const { paths } = derive(tables);
        expect(paths[0]?.steps.length).toBe(shortest(tables));
        const lengths = paths.map(({ steps }) => steps.length);
        expect(lengths).toEqual(lengths.toSorted((a, b) => a - b));
      }),
    );
  });

  it('prefers a link that is never null, and stops at the first table with the column', () => {
    const { model, paths } = derive([
      {
        tenant: false,
        links: [
          { to: 2, columns: ['b'] },
          { to: 3, columns: ['a'] },
        ],
      },
      { tenant: true, links: [{ to: 0, columns: ['organization_id'] }] },
      { tenant: true, links: [{ to: 2, columns: ['a'] }] },
    ]);
    const relation = model.relations[1]?.relation;
    expect(relation && paths.map((path) => describePath(relation, path))).toEqual([
      't1.a → t3.organization_id',
      't1.b → t2.organization_id',
    ]);
  });

  it('says where there are more than it uses', () => {
    const links = Array.from({ length: 17 }, () => ({ to: 0, columns: ['b'] }));
    const { paths, truncated } = derive([{ tenant: false, links }]);
    expect([paths.length, truncated]).toEqual([16, true]);
    expect(derive([{ tenant: false, links: links.slice(1) }]).truncated).toBe(false);
  });
});

/** Breadth first over tables instead of paths: another way to the same number. */
function shortest(tables: Table[]): number | undefined {
  const seen = new Set([1]);
  let layer = [1];
  for (let length = 1; layer.length > 0; length += 1) {
    const next: number[] = [];
    for (const at of layer) {
      const table = tables[at - 1];
      const knows = table?.tenant === true || at === 1;
      for (const { to, columns } of table?.links ?? []) {
        const target = tables[to - 1];
        if ((knows && columns.includes('organization_id')) || target?.shared || seen.has(to)) continue;
        if (to === 0 || target?.tenant) return length;
        seen.add(to);
        next.push(to);
      }
    }
    layer = next;
  }
  return undefined;
}
