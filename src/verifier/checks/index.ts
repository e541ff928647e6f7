import type { AnyCheck, Check, DataCheck } from '../check.js';
import { appRoleMissing } from './configuration/app-role-missing.js';
import { tenantColumnUnused } from './configuration/tenant-column-unused.js';
import { waiverExpired } from './configuration/waiver-expired.js';
import { waiverUnused } from './configuration/waiver-unused.js';
import { nullTenantRows } from './data/null-tenant-rows.js';
import { orphanTenantRows } from './data/orphan-tenant-rows.js';
import { tenantMismatch } from './data/tenant-mismatch.js';
import { functionLeakproof } from './functions/function-leakproof.js';
import { functionSearchPath } from './functions/function-search-path.js';
import { functionSetsTenant } from './functions/function-sets-tenant.js';
import { securityDefinerFunction } from './functions/security-definer-function.js';
import { bookkeepingReachable } from './grants/bookkeeping-reachable.js';
import { defaultPrivilegesOpen } from './grants/default-privileges-open.js';
import { foreignTableGranted } from './grants/foreign-table-granted.js';
import { grantOption } from './grants/grant-option.js';
import { largeObjectGranted } from './grants/large-object-granted.js';
import { maintainGranted } from './grants/maintain-granted.js';
import { publicGrant } from './grants/public-grant.js';
import { publicationUnfiltered } from './grants/publication-unfiltered.js';
import { referencesGranted } from './grants/references-granted.js';
import { schemaCreateGranted } from './grants/schema-create-granted.js';
import { sequenceGranted } from './grants/sequence-granted.js';
import { sharedWritable } from './grants/shared-writable.js';
import { triggerGranted } from './grants/trigger-granted.js';
import { truncateGranted } from './grants/truncate-granted.js';
import { untenantedReachable } from './grants/untenanted-reachable.js';
import { constraintNotValidated } from './keys/constraint-not-validated.js';
import { exclusionNotScoped } from './keys/exclusion-not-scoped.js';
import { fkClearsTenant } from './keys/fk-clears-tenant.js';
import { fkCrossesTenants } from './keys/fk-crosses-tenants.js';
import { fkSkippedWithoutTenant } from './keys/fk-skipped-without-tenant.js';
import { tenantColumnNullable } from './keys/tenant-column-nullable.js';
import { tenantDefaultConstant } from './keys/tenant-default-constant.js';
import { tenantIndexMissing } from './keys/tenant-index-missing.js';
import { tenantReferenceMissing } from './keys/tenant-reference-missing.js';
import { uniqueNotScoped } from './keys/unique-not-scoped.js';
import { policyAdmitsNullTenant } from './policies/policy-admits-null-tenant.js';
import { policyAlwaysTrue } from './policies/policy-always-true.js';
import { policyCallsVolatile } from './policies/policy-calls-volatile.js';
import { policyCastsEmptySetting } from './policies/policy-casts-empty-setting.js';
import { policyCastsTenantColumn } from './policies/policy-casts-tenant-column.js';
import { policyComparesLoosely } from './policies/policy-compares-loosely.js';
import { policyFailsOpen } from './policies/policy-fails-open.js';
import { policyFunctionImmutable } from './policies/policy-function-immutable.js';
import { policyIgnoresTenant } from './policies/policy-ignores-tenant.js';
import { policyReadsWritableTable } from './policies/policy-reads-writable-table.js';
import { policyUndecided } from './policies/policy-undecided.js';
import { restrictivePolicyAlwaysTrue } from './policies/restrictive-policy-always-true.js';
import { withCheckOpen } from './policies/with-check-open.js';
import { childWithoutRls } from './rls/child-without-rls.js';
import { eventTriggerChangesRls } from './rls/event-trigger-changes-rls.js';
import { parentWithoutRls } from './rls/parent-without-rls.js';
import { policiesDormant } from './rls/policies-dormant.js';
import { rlsDisabled } from './rls/rls-disabled.js';
import { rlsNotForced } from './rls/rls-not-forced.js';
import { rlsWithoutPolicy } from './rls/rls-without-policy.js';
import { appRoleBypassrls } from './roles/app-role-bypassrls.js';
import { appRoleCanBypass } from './roles/app-role-can-bypass.js';
import { appRoleCreatedb } from './roles/app-role-createdb.js';
import { appRoleCreaterole } from './roles/app-role-createrole.js';
import { appRoleInOwner } from './roles/app-role-in-owner.js';
import { appRoleOwnsDatabase } from './roles/app-role-owns-database.js';
import { appRoleOwnsSchema } from './roles/app-role-owns-schema.js';
import { appRoleOwnsTable } from './roles/app-role-owns-table.js';
import { appRolePredefinedRole } from './roles/app-role-predefined-role.js';
import { appRoleReplication } from './roles/app-role-replication.js';
import { appRoleSuperuser } from './roles/app-role-superuser.js';
import { contextDefault } from './roles/context-default.js';
import { parameterGranted } from './roles/parameter-granted.js';
import { materializedViewGranted } from './views/materialized-view-granted.js';
import { ruleBypassesRls } from './views/rule-bypasses-rls.js';
import { viewBypassesRls } from './views/view-bypasses-rls.js';

/** Every check there is, by id. */
export const CHECKS: readonly AnyCheck[] = [
  appRoleBypassrls,
  appRoleCanBypass,
  appRoleCreatedb,
  appRoleCreaterole,
  appRoleInOwner,
  appRoleMissing,
  appRoleOwnsDatabase,
  appRoleOwnsSchema,
  appRoleOwnsTable,
  appRolePredefinedRole,
  appRoleReplication,
  appRoleSuperuser,
  bookkeepingReachable,
  childWithoutRls,
  constraintNotValidated,
  contextDefault,
  defaultPrivilegesOpen,
  eventTriggerChangesRls,
  exclusionNotScoped,
  fkClearsTenant,
  fkCrossesTenants,
  fkSkippedWithoutTenant,
  foreignTableGranted,
  functionLeakproof,
  functionSearchPath,
  functionSetsTenant,
  grantOption,
  largeObjectGranted,
  maintainGranted,
  materializedViewGranted,
  nullTenantRows,
  orphanTenantRows,
  parameterGranted,
  parentWithoutRls,
  policiesDormant,
  policyAdmitsNullTenant,
  policyAlwaysTrue,
  policyCallsVolatile,
  policyCastsEmptySetting,
  policyCastsTenantColumn,
  policyComparesLoosely,
  policyFailsOpen,
  policyFunctionImmutable,
  policyIgnoresTenant,
  policyReadsWritableTable,
  policyUndecided,
  publicGrant,
  publicationUnfiltered,
  referencesGranted,
  restrictivePolicyAlwaysTrue,
  rlsDisabled,
  rlsNotForced,
  rlsWithoutPolicy,
  ruleBypassesRls,
  schemaCreateGranted,
  securityDefinerFunction,
  sequenceGranted,
  sharedWritable,
  tenantColumnNullable,
  tenantColumnUnused,
  tenantDefaultConstant,
  tenantIndexMissing,
  tenantMismatch,
  tenantReferenceMissing,
  triggerGranted,
  truncateGranted,
  uniqueNotScoped,
  untenantedReachable,
  viewBypassesRls,
  waiverExpired,
  waiverUnused,
  withCheckOpen,
];

/** Those that judge the catalog. */
export const CATALOG_CHECKS = CHECKS.filter((check): check is Check => 'find' in check);

/** Those that ask the rows. */
export const DATA_CHECKS = CHECKS.filter((check): check is DataCheck => 'questions' in check);
