export type { Config } from './config/config.js';
export { defineConfig } from './config/define.js';
export type { ConfigInput } from './config/schema.js';
export { type ErrorKind, TenantctlError } from './errors.js';
export type { ConnectionSettings } from './postgres/settings.js';
export type { TenancyConfig } from './tenancy/config.js';
