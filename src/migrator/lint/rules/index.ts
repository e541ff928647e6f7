import type { RuleInfo, TenancyRule, UnsafeRule } from '../rule.js';
import { exclusionNotScoped } from './tenancy/exclusion-not-scoped.js';
import { fkCrossesTenants } from './tenancy/fk-crosses-tenants.js';
import { grantedToPublic } from './tenancy/granted-to-public.js';
import { indexNotLedByTenant } from './tenancy/index-not-led-by-tenant.js';
import { tableWithoutForce } from './tenancy/table-without-force.js';
import { tableWithoutPolicy } from './tenancy/table-without-policy.js';
import { tableWithoutRls } from './tenancy/table-without-rls.js';
import { tableWithoutTenantColumn } from './tenancy/table-without-tenant-column.js';
import { uniqueNotScoped } from './tenancy/unique-not-scoped.js';
import { checkValidatedAtOnce } from './unsafe/check-validated-at-once.js';
import { columnDropped } from './unsafe/column-dropped.js';
import { columnRenamed } from './unsafe/column-renamed.js';
import { columnTypeChanged } from './unsafe/column-type-changed.js';
import { constraintValidatedInSameTransaction } from './unsafe/constraint-validated-in-same-transaction.js';
import { foreignKeyValidatedAtOnce } from './unsafe/foreign-key-validated-at-once.js';
import { indexDropNotConcurrent } from './unsafe/index-drop-not-concurrent.js';
import { indexNotConcurrent } from './unsafe/index-not-concurrent.js';
import { notNullScansTable } from './unsafe/not-null-scans-table.js';
import { partitionDetachedNotConcurrent } from './unsafe/partition-detached-not-concurrent.js';
import { primaryKeyBuiltInPlace } from './unsafe/primary-key-built-in-place.js';
import { reindexNotConcurrent } from './unsafe/reindex-not-concurrent.js';
import { requiredColumnWithoutDefault } from './unsafe/required-column-without-default.js';
import { tableDropped } from './unsafe/table-dropped.js';
import { tableRenamed } from './unsafe/table-renamed.js';
import { tableRewritten } from './unsafe/table-rewritten.js';
import { truncateCascades } from './unsafe/truncate-cascades.js';
import { uniqueBuiltInPlace } from './unsafe/unique-built-in-place.js';
import { volatileDefaultRewritesTable } from './unsafe/volatile-default-rewrites-table.js';
import { waiverUnused } from './waivers/waiver-unused.js';

/** Judged by the catalog, before a file and by its end. */
export const TENANCY_RULES: readonly TenancyRule[] = [
  exclusionNotScoped,
  fkCrossesTenants,
  grantedToPublic,
  indexNotLedByTenant,
  tableWithoutForce,
  tableWithoutPolicy,
  tableWithoutRls,
  tableWithoutTenantColumn,
  uniqueNotScoped,
];

/** Judged by squawk, before a statement is sent. */
export const UNSAFE_RULES: readonly UnsafeRule[] = [
  checkValidatedAtOnce,
  columnDropped,
  columnRenamed,
  columnTypeChanged,
  constraintValidatedInSameTransaction,
  foreignKeyValidatedAtOnce,
  indexDropNotConcurrent,
  indexNotConcurrent,
  notNullScansTable,
  partitionDetachedNotConcurrent,
  primaryKeyBuiltInPlace,
  reindexNotConcurrent,
  requiredColumnWithoutDefault,
  tableDropped,
  tableRenamed,
  tableRewritten,
  truncateCascades,
  uniqueBuiltInPlace,
  volatileDefaultRewritesTable,
];

/** All that a waiver can name, and what is said of waivers. */
export const RULES: readonly RuleInfo[] = [...TENANCY_RULES, ...UNSAFE_RULES, waiverUnused];
