import type { CatalogSnapshot } from '../../catalog/snapshot.js';
import type { Client } from '../../postgres/connect.js';
import type { TenancyModel } from '../../tenancy/model.js';
import type { Severity } from './finding.js';
import type { Parsed } from './parse.js';

/** What anything that can become a finding tells of itself. */
export interface RuleInfo {
  /** Names the fault, kebab-case, = file name: what a waiver names. */
  id: string;
  family: 'unsafe' | 'tenancy' | 'waivers';
  title: string;
  /** `error` for what leaks or takes production down; a finding may carry its own. */
  severity: Severity;
}

/** What breaks, and how it is done instead, with the statement's own names. */
export interface Advice {
  detail: string;
  /** SQL, or `--` comments where a person has to decide. */
  recipe: string;
}

/** An operation on a table in use that squawk recognizes: it knows what is wrong, the rule says what of it and why. */
export interface UnsafeRule extends RuleInfo {
  family: 'unsafe';
  /** squawk's own names of it. */
  squawk: readonly string[];
  /** Whether it is this that squawk means, where one of its names stands for several faults. */
  applies?(statement: Parsed): boolean;
  /** Whether what the database already has takes the danger out of it. */
  isHarmless?(client: Client, statement: Parsed): Promise<boolean>;
  advise(statement: Parsed): Advice | Promise<Advice>;
}

/** The catalog before a file and by its end, in its own transaction. */
export interface Change {
  before: CatalogSnapshot;
  after: CatalogSnapshot;
  /** Of what is there by its end. */
  model: TenancyModel;
  /** What the checks of keys find by its end and did not find before. */
  keys: readonly KeyFault[];
}

/** A fault that a check of verify-tenancy finds, as if the application held every privilege already. */
export interface KeyFault {
  key: string;
  check: string;
  severity: Severity | 'info';
  schema: string;
  object: string;
  detail: string;
  fix?: string | undefined;
}

export interface TenancyFault extends Advice {
  schema: string;
  object: string;
  severity?: Severity;
}

/** What no linter of SQL can know: what a file makes of the tenants' tables. Pure: it judges two snapshots. */
export interface TenancyRule extends RuleInfo {
  family: 'tenancy';
  /** Left out where the database is not meant to isolate (`isolation: 'application'`). */
  onlyUnderRls?: true;
  find(change: Change): Iterable<TenancyFault>;
}
