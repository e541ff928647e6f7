import { dirname, resolve } from 'node:path';
import { TenantctlError } from '../errors.js';
import type { ConfigInputs } from './load.js';

type Json = Record<string, unknown>;

/**
 * Reads an existing knexfile as it is: one configuration, or one per environment (`--env`, NODE_ENV, development).
 * Its relative directories start at the knexfile, as in the knex CLI.
 *
 * @returns the same facts as a `tenantctl.config` would state them, still to be validated
 * @throws TenantctlError usage: an unknown environment, a client that is not PostgreSQL
 */
export async function fromKnexfile(content: unknown, path: string, inputs: ConfigInputs): Promise<Json> {
  const file = asObject(typeof content === 'function' ? await content() : content) ?? {};
  const settings = pickEnvironment(file, path, inputs);
  const client = settings.client ?? settings.dialect;
  if (client !== undefined && !(typeof client === 'string' && /^(pg|postgres|pgnative)/.test(client))) {
    throw new TenantctlError({
      kind: 'usage',
      code: 'KNEXFILE_CLIENT',
      message: `Cannot use the knexfile ${path}: its client is ${JSON.stringify(String(client))}, and tenantctl works on PostgreSQL only.`,
    });
  }
  const raw = typeof settings.connection === 'function' ? await settings.connection() : settings.connection;
  const url = connectionUrl(raw);
  const migrations = asObject(settings.migrations) ?? {};
  const directory = (value: unknown, fallback: string) =>
    [value ?? fallback].flat().map((entry) => resolve(dirname(path), String(entry)));
  return {
    ...(url && { connection: { url } }),
    migrations: {
      directory: directory(migrations.directory, './migrations'),
      ...(typeof migrations.tableName === 'string' && { tableName: migrations.tableName }),
      ...(typeof migrations.schemaName === 'string' && { schemaName: migrations.schemaName }),
    },
    seeds: { directory: directory(asObject(settings.seeds)?.directory, './seeds') },
  };
}

function pickEnvironment(file: Json, path: string, inputs: ConfigInputs): Json {
  if ('client' in file || 'connection' in file) return file;
  const name = inputs.knexEnvironment ?? inputs.env.NODE_ENV ?? 'development';
  const settings = asObject(file[name]);
  if (settings) return settings;
  throw new TenantctlError({
    kind: 'usage',
    code: 'KNEXFILE_ENVIRONMENT',
    message: `Cannot use the knexfile ${path}: it has no environment ${JSON.stringify(name)}; it has ${Object.keys(file).join(', ')}.`,
    hint: 'choose one with --env',
  });
}

function connectionUrl(connection: unknown): string | undefined {
  if (typeof connection === 'string') return connection;
  const parts = asObject(connection);
  if (!parts) return undefined;
  if (typeof parts.connectionString === 'string') return parts.connectionString;
  const text = (key: string) => (parts[key] === undefined ? '' : encodeURIComponent(String(parts[key])));
  const password = parts.password === undefined ? '' : `:${text('password')}`;
  const userinfo = parts.user === undefined ? '' : `${text('user')}${password}@`;
  const port = parts.port === undefined ? '' : `:${text('port')}`;
  return `postgres://${userinfo}${text('host') || 'localhost'}${port}/${text('database')}${sslQuery(parts.ssl)}`;
}

/** node-postgres's `ssl: true` verifies the certificate; `rejectUnauthorized: false` only encrypts. */
function sslQuery(ssl: unknown): string {
  if (ssl === undefined || ssl === false) return '';
  return asObject(ssl)?.rejectUnauthorized === false ? '?sslmode=require' : '?sslmode=verify-full';
}

function asObject(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null ? (value as Json) : undefined;
}
