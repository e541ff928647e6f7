import type { CatalogSnapshot, Relation } from '../../../catalog/snapshot.js';
import type { ClassifiedRelation, TenancyModel } from '../../../tenancy/model.js';
import type { ProbeSession } from '../session/session.js';
import type { Access } from './access.js';
import type { Contacts } from './contacts.js';

/** What a row holds, column by column, as PostgreSQL writes it; columns that could not be read are missing. */
export type RowValues = ReadonlyMap<string, string | null>;

/** Everything the probes of one transaction share. */
export interface World {
  session: ProbeSession;
  snapshot: CatalogSnapshot;
  model: TenancyModel;
  byOid: ReadonlyMap<number, ClassifiedRelation>;
  /** Oid → what inherits from it, partitions included. */
  children: ReadonlyMap<number, readonly Relation[]>;
  access: ReadonlyMap<number, Access>;
  /** Oid of a partition → its bounds, as a condition on its columns. */
  bounds: ReadonlyMap<number, string>;
  /** Oids of relations that call functions or operators which are not PostgreSQL's own. */
  ownCode: ReadonlySet<number>;
  contacts: Contacts;
  /** By oid, values of columns for which it is not known what policies say. */
  hints: ReadonlyMap<number, readonly Hint[]>;
  /** Rows made so far, by relation and tenant. */
  made: Map<string, RowValues[]>;
  /** Nothing may be written, not even to be taken back. */
  readOnly: boolean;
  /** Relations whose rows are being made: a reference back to one of them closes a cycle. */
  making: Set<number>;
}

/** The rows made of a relation for a tenant. */
export function rowsMade(world: World, relation: Relation, tenant: string): RowValues[] {
  const key = `${relation.oid} ${tenant}`;
  const rows = world.made.get(key) ?? [];
  world.made.set(key, rows);
  return rows;
}

const NO_ACCESS: Access = {
  select: [],
  insert: [],
  update: [],
  selectAll: false,
  delete: false,
  truncate: false,
  takes: { insert: false, update: false, delete: false },
};

/** What the login may do with a relation. */
export function accessTo(world: World, relation: Relation): Access {
  return world.access.get(relation.oid) ?? NO_ACCESS;
}

/** Whether the relation keeps rows of its own, so that each has a place (ctid). */
export function isStored({ kind }: Relation): boolean {
  return kind === 'table' || kind === 'partitioned table';
}

/** A value that a policy sets apart: NULL, a constant that it names, or a tenant's key in another column than the usual. */
export interface Hint {
  column: string;
  value: string | null | { tenantsKey: true };
}
