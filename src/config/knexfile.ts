import { dirname, resolve } from 'node:path';
import { TenantctlError } from '../errors.js';
import { SYSTEM_ROOTS } from '../postgres/settings.js';
import type { SslDefaults } from './connection-string.js';
import type { ConfigInputs } from './inputs.js';
import type { ParsedConfig } from './schema.js';

type Json = Record<string, unknown>;

/** What a knexfile says; the schemas that knex sets as each connection's search_path are not for a `tenantctl.config`. */
export type KnexfileConfig = ParsedConfig & { searchPath?: string[] };

/**
 * Reads an existing knexfile as it is: one configuration, or one per environment (`--env`, NODE_ENV, development).
 * Its relative directories start at the knexfile, as in the knex CLI.
 *
 * @returns the same facts as a `tenantctl.config` would state them
 * @throws TenantctlError usage: an unknown environment, a client that is not PostgreSQL, a setting under which migrations
 *   would do something else by knex
 */
export async function fromKnexfile(
  content: unknown,
  path: string,
  inputs: ConfigInputs,
): Promise<KnexfileConfig> {
  const file = asObject(await called(content, path, 'it')) ?? {};
  const settings = pickEnvironment(file, path, inputs);
  const client = settings.client ?? settings.dialect;
  if (client !== undefined && !(typeof client === 'string' && /^(pg|postgres|pgnative)/.test(client))) {
    throw new TenantctlError({
      kind: 'usage',
      code: 'KNEXFILE_CLIENT',
      message: `Cannot use the knexfile ${path}: its client is ${JSON.stringify(String(client))}, and tenantctl works on PostgreSQL only.`,
    });
  }
  const raw = await called(settings.connection, path, 'its connection');
  refuseUnheeded(settings, path);
  const connection = await readConnection(raw, path, inputs);
  const migrations = asObject(settings.migrations) ?? {};
  const directory = (value: unknown, fallback: string) =>
    [value ?? fallback].flat().map((entry) => resolve(dirname(path), String(entry)));
  return {
    ...(connection && { connection }),
    ...(settings.searchPath !== undefined && { searchPath: [settings.searchPath].flat().map(String) }),
    migrations: {
      directory: directory(migrations.directory, './migrations'),
      ...(isName(migrations.tableName) && { tableName: migrations.tableName }),
      ...(isName(migrations.schemaName) && { schemaName: migrations.schemaName }),
    },
    seeds: { directory: directory(asObject(settings.seeds)?.directory, './seeds') },
  };
}

/** Settings by which knex would make other names, other rows or another order of the same files. */
const UNHEEDED: readonly [name: string, of: (settings: Json) => unknown][] = [
  ['wrapIdentifier', (settings) => settings.wrapIdentifier],
  ['postProcessResponse', (settings) => settings.postProcessResponse],
  ['pool.afterCreate', (settings) => asObject(settings.pool)?.afterCreate],
  ['migrations.migrationSource', (settings) => asObject(settings.migrations)?.migrationSource],
  ['migrations.disableTransactions', (settings) => asObject(settings.migrations)?.disableTransactions],
  ['migrations.sortDirsSeparately', (settings) => asObject(settings.migrations)?.sortDirsSeparately],
];

function refuseUnheeded(settings: Json, path: string): void {
  const names = UNHEEDED.filter(([, of]) => of(settings)).map(([name]) => name);
  if (names.length === 0) return;
  throw new TenantctlError({
    kind: 'usage',
    code: 'KNEXFILE_SETTING',
    message: `Cannot use the knexfile ${path}: it sets ${names.join(', ')}, which tenantctl does not heed, and the same migrations would do something else.`,
    hint: 'where they do the same without: a tenantctl.config.ts with migrations.directory, and the database by DATABASE_URL',
  });
}

function pickEnvironment(file: Json, path: string, inputs: ConfigInputs): Json {
  if ('client' in file || 'connection' in file) return file;
  const name = (inputs.knexEnvironment ?? inputs.env.NODE_ENV) || 'development';
  const settings = asObject(file[name]);
  if (settings) return settings;
  throw new TenantctlError({
    kind: 'usage',
    code: 'KNEXFILE_ENVIRONMENT',
    message: `Cannot use the knexfile ${path}: it has no environment ${JSON.stringify(name)}; it has ${Object.keys(file).join(', ')}.`,
    hint: 'choose one with --env',
  });
}

/** Calls what may be a function of the user's. @throws TenantctlError usage, where it does */
async function called(value: unknown, path: string, what: string): Promise<unknown> {
  if (typeof value !== 'function') return value;
  try {
    return await value();
  } catch (error) {
    throw new TenantctlError({
      kind: 'usage',
      code: 'KNEXFILE_THROWS',
      message: `Cannot use the knexfile ${path}: ${what} is a function, which fails: ${error instanceof Error ? error.message : String(error)}.`,
      hint: 'mend what it asks, or name the database by DATABASE_URL',
      cause: error,
    });
  }
}

async function readConnection(
  connection: unknown,
  path: string,
  inputs: ConfigInputs,
): Promise<ParsedConfig['connection']> {
  if (typeof connection === 'string') return { url: connection };
  const given = asObject(connection);
  if (!given) return undefined;
  // As node-postgres takes it: a token that is asked for when it is needed.
  const needed = typeof given.password !== 'function' || !namesAnother(inputs);
  const password = needed ? await called(given.password, path, "its connection's password") : undefined;
  const parts: Json = { ...given, password };
  return { url: connectionUrl(parts), ...(parts.ssl ? { ssl: readSsl(parts.ssl) } : {}) };
}

/** Whether the database is one that argv or the environment names. */
function namesAnother({ databaseUrl, directUrl, env }: ConfigInputs): boolean {
  const named = [databaseUrl, directUrl, env.DATABASE_URL, env.DATABASE_URL_FILE, env.PGHOST, env.PGDATABASE];
  return named.some(Boolean);
}

function connectionUrl(parts: Json): string {
  if (typeof parts.connectionString === 'string') return parts.connectionString;
  const text = (key: string) => (parts[key] === undefined ? '' : encodeURIComponent(String(parts[key])));
  const password = parts.password === undefined ? '' : `:${text('password')}`;
  const userinfo = parts.user === undefined ? '' : `${text('user')}${password}@`;
  const port = parts.port === undefined ? '' : `:${text('port')}`;
  const options = parts.options === undefined ? '' : `?options=${text('options')}`;
  return `postgres://${userinfo}${text('host') || 'localhost'}${port}/${text('database')}${options}`;
}

/** node-postgres's `ssl: true` verifies, with the platform's authorities; `rejectUnauthorized: false` only encrypts. */
function readSsl(ssl: unknown): SslDefaults {
  const { rejectUnauthorized, ca, cert, key } = asObject(ssl) ?? {};
  const pem = (value: unknown) => [value].flat().join('\n');
  const identity = {
    ...(cert !== undefined && { cert: pem(cert) }),
    ...(key !== undefined && { key: pem(key) }),
  };
  if (rejectUnauthorized === false) return { mode: 'require', ...identity };
  return { mode: 'verify-full', rootCert: ca === undefined ? SYSTEM_ROOTS : pem(ca), ...identity };
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function asObject(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null ? (value as Json) : undefined;
}
