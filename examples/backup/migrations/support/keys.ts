import type { Index } from '../../../../migrations/support/online-index.js';
import { type Reference, TABLES, type Table, tableNamed } from './tables.js';

/** How keys are made: by the product of before, or so that they say to which tenant, and store, a row belongs. */
export interface Keys {
  /** Columns that stand before those of a table's own. */
  prefix(table: Table): readonly string[];
  /** Name of a key or index. */
  name(table: Table, columns: readonly string[], suffix: string): string;
}

export const OLD_KEYS: Keys = {
  prefix: () => [],
  name: (table, columns, suffix) => [table.name, ...columns, suffix].join('_'),
};

export const TENANT_KEYS: Keys = {
  prefix: (table) => (table.ofStore ? ['tenant_id', 'store_id'] : ['tenant_id']),
  name: (table, columns, suffix) => [table.name, 'tenant', ...columns, suffix].join('_'),
};

interface Key extends Index {
  table: string;
  kind: 'PRIMARY KEY' | 'UNIQUE';
}

/** Primary keys and unique constraints, with the indexes that they are made of. */
export function constraintsOf(keys: Keys): Key[] {
  return TABLES.flatMap((table) => {
    const key = (kind: Key['kind'], name: string, columns: readonly string[]): Key => ({
      ...{ table: table.name, kind, name, unique: true },
      on: `${table.name} (${within(keys, table, columns).join(', ')})`,
    });
    return [
      key('PRIMARY KEY', keys.name(table, [], 'pkey'), ['id']),
      ...table.unique.map((columns) => key('UNIQUE', keys.name(table, columns, 'key'), columns)),
    ];
  });
}

/** Indexes that deletions look referring rows up by, where no key begins with these columns. */
export function lookupsOf(keys: Keys): Index[] {
  const leading = constraintsOf(keys).map(({ on }) => on.slice(0, -1));
  return TABLES.flatMap((table) =>
    table.references.flatMap(({ column }) => {
      const on = `${table.name} (${within(keys, table, [column]).join(', ')}`;
      if (leading.some((key) => key === on || key.startsWith(`${on},`))) return [];
      return [{ name: keys.name(table, [column], 'idx'), on: `${on})` }];
    }),
  );
}

export interface ForeignKey {
  table: string;
  name: string;
  definition: string;
}

/** References carry what their target's key begins with, so that both rows agree on it. */
export function foreignKeysOf(keys: Keys): ForeignKey[] {
  return TABLES.flatMap((table) =>
    table.references.map((reference: Reference) => {
      const target = tableNamed(reference.target);
      const shared = keys.prefix(target);
      return {
        table: table.name,
        name: `${table.name}_${reference.column}_fkey`,
        definition: `FOREIGN KEY (${[...shared, reference.column].join(', ')})
          REFERENCES ${target.name} (${[...shared, 'id'].join(', ')}) ON DELETE ${reference.onDelete}`,
      };
    }),
  );
}

function within(keys: Keys, table: Table, columns: readonly string[]): string[] {
  const prefix = keys.prefix(table);
  return [...prefix, ...columns.filter((column) => !prefix.includes(column))];
}
