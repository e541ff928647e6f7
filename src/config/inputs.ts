import type { Env } from './connection-string.js';

export interface ConfigInputs {
  cwd: string;
  env: Env;
  /** `--config`. */
  configPath?: string | undefined;
  /** `--knexfile`, with `--env`. */
  knexfile?: string | undefined;
  knexEnvironment?: string | undefined;
  /** `--database-url`. */
  databaseUrl?: string | undefined;
  /** `--direct-url`. */
  directUrl?: string | undefined;
  /** Whether the command needs a session of its own. */
  direct?: boolean | undefined;
}
