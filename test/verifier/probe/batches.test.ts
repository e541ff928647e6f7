import { expect, it } from 'vitest';
import type { Relation } from '../../../src/catalog/snapshot.js';
import type { ClassifiedRelation } from '../../../src/tenancy/model.js';
import { inBatches } from '../../../src/verifier/probe/batches.js';
import type { World } from '../../../src/verifier/probe/world/world.js';
import { isolate, openShop } from './shop.js';

interface Shape {
  /** Tables that it refers to. */
  to?: string[];
  using?: string;
  triggers?: unknown[];
  /** What a view reads. */
  reads?: string[];
  /** Foreign keys that reach another tenant. */
  links?: unknown[];
}

/** The names of tables that are tried together, of tables in the order of their making. */
function batches(shapes: Record<string, Shape>, context: object = { setting: 'app.tenant' }): string[][] {
  const names = ['root', ...Object.keys(shapes)];
  const known = names.map((name): ClassifiedRelation => {
    const { to = [], using, triggers = [], reads = [] }: Shape = shapes[name] ?? {};
    const relation = {
      ...{ oid: names.indexOf(name), name, kind: name.startsWith('view') ? 'view' : 'table' },
      ...{ parents: [], rules: [], triggers, columns: [], reads: reads.map((read) => names.indexOf(read)) },
      policies: using === undefined ? [] : [{ using, check: undefined }],
      constraints: to.map((target) => ({ definition: '', foreignKey: { relation: names.indexOf(target) } })),
    } as unknown as Relation;
    return {
      relation,
      class: name === 'root' ? 'root' : 'tenant',
      tenantColumn: 'tenant',
      path: [],
      reason: '',
    };
  });
  const world = {
    model: { config: { context } },
    snapshot: { functions: [{ name: 'is_member', source: 'select true from members' }] },
    children: new Map(),
    byOid: new Map(known.map((one) => [one.relation.oid, one])),
    contacts: { links: ({ relation }: ClassifiedRelation) => shapes[relation.name]?.links ?? [] },
  } as unknown as World;
  const tables = known.filter(({ relation }) => relation.kind === 'table');
  return inBatches(world, tables).map((batch) => batch.map(({ relation }) => relation.name));
}

it('tables that only refer to what came before are tried together, some at a time', () => {
  expect(batches({ a: { to: ['root'] }, b: { to: ['root'] }, c: { to: ['a'] } })).toEqual([
    ['root'],
    ['a', 'b'],
    ['c'],
  ]);
  const many = Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`t${index}`, {}]));
  expect(batches(many).map(({ length }) => length)).toEqual([1, 32, 1]);
});

it('tables that need one another are tried alone', () => {
  expect(batches({ a: { to: ['b'] }, b: { to: ['a'] }, c: {} })).toEqual([['root'], ['a'], ['b'], ['c']]);
});

it.each<[string, Record<string, Shape>]>([
  ['a trigger', { b: { triggers: [{}] } }],
  ['a policy with a subquery', { b: { using: 'tenant IN ( SELECT m.tenant\n FROM members m)' } }],
  ['a policy with a function that looks rows up', { b: { using: 'is_member(tenant)' } }],
  ['a key that reaches another tenant', { b: { links: [{}] } }],
  ['a view over it', { b: {}, view: { reads: ['b'] } }],
])('a table with %s is tried alone', (_, shapes) => {
  expect(batches({ a: {}, ...shapes, c: {} })).toEqual([['root'], ['a'], ['b'], ['c']]);
});

it('where the context is set by statements of its own, every table is tried alone', () => {
  expect(batches({ a: {}, b: {} }, { sql: ['select enter(:tenant)'] })).toEqual([['root'], ['a'], ['b']]);
});

it('what one table of several lets through is found on that one', async () => {
  const shop = await openShop();
  const names = ['apples', 'beets', 'cherries', 'dates'];
  for (const name of names) {
    await shop.plant(`CREATE TABLE ${name} (tenant_id uuid NOT NULL REFERENCES tenants, id int NOT NULL,
      note text, PRIMARY KEY (tenant_id, id)); ${isolate(name)}`);
  }
  await shop.plant(`CREATE POLICY wide ON beets FOR SELECT USING (true);
    CREATE POLICY wide ON dates FOR DELETE USING (true)`);
  const { found, verdicts, relation } = await shop.probe();
  expect(found).toEqual([
    'probe-context-crosses beets',
    'probe-context-crosses dates',
    'probe-delete-crosses dates',
    'probe-select-crosses beets',
  ]);
  expect(verdicts).toEqual({ beets: 'leaking', dates: 'leaking' });
  expect(relation('apples').proofs.length).toBe(relation('cherries').proofs.length);
});
