import type { CatalogSnapshot } from '../catalog/snapshot.js';
import type { TenancyModel } from '../tenancy/model.js';
import type { Family, Severity } from './finding.js';

/** What a finder reports: the object, and the fact about it. The severity is the check's unless the fault carries one. */
export interface Fault {
  schema: string;
  /** Relation, function or role: unquoted. */
  object: string;
  column?: string | undefined;
  /** Distinguishes several faults of one check on one object: a policy's, constraint's or role's name. */
  part?: string | undefined;
  /** One line that names the fact. */
  detail: string;
  severity?: Severity | undefined;
}

/**
 * A check is data, one file each, named after the fault: `rls-not-forced`. Pure: it judges the snapshot, so it can be
 * tested without a database.
 */
export interface Check {
  id: string;
  family: Family;
  title: string;
  severity: Severity;
  /** Why it leaks, in 2 to 4 sentences; shown by `tenantctl checks <id>`. */
  explanation: string;
  find(snapshot: CatalogSnapshot, tenancy: TenancyModel): Iterable<Fault>;
  /** SQL that mends the fault, with the real, quoted names. Left out where only a person can decide. */
  fix?(fault: Fault, snapshot: CatalogSnapshot, tenancy: TenancyModel): string;
}
