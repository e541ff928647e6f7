import type { CatalogSnapshot, Relation } from '../catalog/snapshot.js';
import type { ClassifiedRelation, TenancyModel } from '../tenancy/model.js';
import type { Family, Severity } from './finding.js';
import type { SqlParser } from './policy/parse.js';
import type { Reach } from './reach.js';

/** What the checks judge, with what they share worked out once. */
export interface Subject {
  snapshot: CatalogSnapshot;
  tenancy: TenancyModel;
  /** Who the application is and what it may do. */
  app: Reach;
  sql: SqlParser;
  relation(oid: number): Relation | undefined;
  classified(oid: number): ClassifiedRelation | undefined;
  named(schema: string, name: string): ClassifiedRelation | undefined;
  /** Partitions, and tables that inherit. */
  childrenOf(relation: Relation): readonly Relation[];
}

/** What a finder reports: the object, and the fact about it. The severity is the check's unless the fault carries one. */
export interface Fault {
  /** Unquoted; '' for what is in no schema, such as a role. */
  schema: string;
  /** Relation, function or role: unquoted; '' where the schema itself is meant. */
  object: string;
  column?: string | undefined;
  /** Distinguishes several faults of one check on one object: a policy's, constraint's or role's name. */
  part?: string | undefined;
  /** One line that names the fact. */
  detail: string;
  severity?: Severity | undefined;
  /** Whether tenants reach one another by it nobody can tell by reading, and no trial shows all of it. */
  undecided?: true | undefined;
}

/** What `tenantctl checks` tells about anything that can become a finding. */
export interface CheckInfo {
  /** Names the fault, kebab-case, = file name: `rls-not-forced`. */
  id: string;
  family: Family;
  title: string;
  severity: Severity;
  /** Why it leaks, in 2 to 4 sentences; shown by `tenantctl checks <id>`. */
  explanation: string;
}

/** A check is data, one file each. Pure: it judges the snapshot, so it can be tested without a database. */
export interface Check extends CheckInfo {
  /** Left out where the database is not meant to isolate (`isolation: 'application'`). */
  onlyUnderRls?: true;
  find(subject: Subject): Iterable<Fault>;
  /** SQL that mends the fault, with the real, quoted names; undefined where only a person can decide. */
  fix?(fault: Fault, subject: Subject): string | undefined;
}

/** One question to the data; every row it returns is a fault. */
export interface DataQuestion {
  relation: Relation;
  /** A SELECT of at most one row: the number of offending rows as `count`, and one of them in words as `example`. */
  sql: string;
  part?: string | undefined;
  detail(count: number, example: string): string;
}

/** A check of the rows themselves, run by the auditor with row security off. */
export interface DataCheck extends CheckInfo {
  questions(subject: Subject): Iterable<DataQuestion>;
  fix?(fault: Fault, subject: Subject): string | undefined;
}

/** Some faults show only once all findings are there: waivers. */
export type AnyCheck = CheckInfo | Check | DataCheck;
