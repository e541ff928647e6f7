import type { TenancyConfig } from '../tenancy/config.js';

export interface MigrationsConfig {
  /** Absolute directories. */
  directories: string[];
  tableName: string;
  /** Where knex keeps its tables; undefined means the first schema of the search_path, as in knex. */
  schemaName: string | undefined;
}

export interface SeedsConfig {
  /** Absolute directories. */
  directories: string[];
}

/** The configuration after loading: paths absolute, names parsed, defaults filled in. */
export interface Config {
  /** undefined where no file was found and the defaults hold. */
  path: string | undefined;
  /** The directory that relative paths start from, and that holds `.tenantctl/`. */
  directory: string;
  migrations: MigrationsConfig;
  seeds: SeedsConfig;
  tenancy: TenancyConfig | undefined;
}
