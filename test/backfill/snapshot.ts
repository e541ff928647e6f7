import type { Column, Constraint, Relation } from '../../src/catalog/snapshot.js';
import type { ClassifiedRelation, TenancyModel } from '../../src/tenancy/model.js';
import { tenancyOf } from './fixture.js';

/** A foreign key of a made-up table. */
export interface Link {
  to: number;
  columns: string[];
}

/** A made-up table: what derivation looks at. */
export interface Table {
  /** The table has a tenant column. */
  tenant: boolean;
  shared?: boolean;
  links: Link[];
}

/** A model of tables numbered from 1; table 0 is the root. Every table has the columns a, b and c. */
export function modelOf(tables: readonly Table[]): TenancyModel {
  const relations = [{ tenant: false, links: [] } as Table, ...tables].map(classified);
  return { config: tenancyOf(), relations, root: relations[0] };
}

function classified(table: Table, oid: number): ClassifiedRelation {
  const key = oid === 0 ? 'id' : table.tenant ? 'organization_id' : undefined;
  const columns = ['id', 'a', 'b', 'c', ...(table.tenant ? ['organization_id'] : [])];
  const relation = {
    ...{ oid, schema: 'public', name: `t${oid}`, kind: 'table', isPartition: false, parents: [] },
    columns: columns.map(
      (name) => ({ name, type: 'uuid', neverNull: name === 'a' || name === 'id' }) as Column,
    ),
    constraints: table.links.map(toConstraint),
    ...{ indexes: [], triggers: [] },
  } as unknown as Relation;
  const kind = oid === 0 ? 'root' : table.shared ? 'shared' : 'tenant';
  return { relation, class: kind, tenantColumn: key, path: [], reason: 'made up' };
}

function toConstraint({ to, columns }: Link, index: number): Constraint {
  const foreignKey = { relation: to, columns: columns.map((_, i) => (i === 0 ? 'id' : `k${i}`)) };
  return { name: `fk${index}`, kind: 'foreign key', columns, foreignKey } as unknown as Constraint;
}
