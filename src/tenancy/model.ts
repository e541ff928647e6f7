import type { Relation } from '../catalog/snapshot.js';
import type { TenancyConfig } from './config.js';

/**
 * What a relation is to the tenants:
 * - root: one row per tenant;
 * - tenant: its rows belong to a tenant, by its own column or by a path of foreign keys;
 * - shared: every tenant may read it, on purpose;
 * - untenanted: nothing says whose its rows are;
 * - internal: bookkeeping of tools, extensions.
 */
export type RelationClass = 'root' | 'tenant' | 'shared' | 'untenanted' | 'internal';

export interface ClassifiedRelation {
  relation: Relation;
  class: RelationClass;
  /** The column that names the tenant: the key of the root, the tenant column of a tenant relation. */
  tenantColumn: string | undefined;
  /** For a tenant relation without the column: the foreign keys to a relation that has it. */
  path: ForeignKeyStep[];
  /** Why it is classed so, in words. */
  reason: string;
}

export interface ForeignKeyStep {
  /** Oids of the relations at both ends. */
  from: number;
  to: number;
  constraint: string;
  columns: string[];
  references: string[];
}

/** The tenancy of one database: the configuration applied to a catalog snapshot. */
export interface TenancyModel {
  config: TenancyConfig;
  /** Every relation of the snapshot, in its order. */
  relations: ClassifiedRelation[];
  root: ClassifiedRelation | undefined;
}
