import type { QualifiedName } from '../identifiers.js';

/** How the application tells the database who the tenant is. */
export type ContextConfig = ({ setting: string } | { sql: string[] }) & {
  /** The parts that the application plays within a tenant, by name, with the SQL that takes each on. */
  variants?: Record<string, string[]> | undefined;
};

/** In the order in which they are configured. */
export function variantsOf({ variants = {} }: ContextConfig): { name: string; sql: string[] }[] {
  return Object.entries(variants).map(([name, sql]) => ({ name, sql }));
}

export interface WaiverConfig {
  key: string;
  reason: string;
  /** ISO date; the waiver holds up to and including this day (UTC). */
  until?: string | undefined;
}

export interface TenancyConfig {
  schemas: string[];
  root: QualifiedName;
  /** Candidate tenant columns, in order of preference. */
  columns: string[];
  columnOverrides: { relation: QualifiedName; column: string }[];
  context: ContextConfig;
  appRole: string | undefined;
  /** The NOLOGIN role that holds the application's privileges; the app role is a member. */
  appGroup?: string | undefined;
  shared: { relation: QualifiedName; reason: string }[];
  isolation: 'rls' | 'application';
  /** Absolute directory of the team's own checks. */
  checksDirectory: string | undefined;
  waivers: WaiverConfig[];
  /** Name of the migration table, where it is not knex's usual one: bookkeeping, like its lock table. */
  ledgerTable?: string | undefined;
  /** SQL that makes one row of a relation for the current tenant, where none can be derived. */
  fixtures: { relation: QualifiedName; statements: string[] }[];
}
