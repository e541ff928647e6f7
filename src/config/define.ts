import type { ConfigInput } from './schema.js';

/** Types a configuration file; returns it unchanged. */
export function defineConfig(config: ConfigInput): ConfigInput {
  return config;
}
