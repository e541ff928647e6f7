import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { TenantctlError } from '../errors.js';
import { quoteIdent } from '../identifiers.js';
import { type ConnectionChoice, type ConnectionSettings, SYSTEM_ROOTS } from '../postgres/settings.js';
import { type Env, type SslDefaults, settingsFromEnv, settingsFromUrl } from './connection-string.js';
import { STATE_DIRECTORY } from './normalize.js';
import type { ParsedConfig } from './schema.js';

export interface ConnectionInputs {
  /** `--database-url`. */
  flag: string | undefined;
  /** `--direct-url`. */
  directFlag?: string | undefined;
  /** Whether the command needs a session of its own: then the address past a pooler goes before the usual one. */
  direct?: boolean;
  env: Env;
  /** The `connection` part of the configuration file. */
  file: ParsedConfig['connection'];
  /** The configuration file's path, or undefined. */
  path: string | undefined;
  directory: string;
}

/**
 * Decides which database a command works on: argv, then (where a session of its
 * own is needed) DIRECT_DATABASE_URL or its _FILE, then DATABASE_URL, DATABASE_URL_FILE, libpq's PG*, then the file.
 *
 * @throws TenantctlError usage, where nothing is configured, or what is configured cannot be read
 */
export async function chooseConnection(inputs: ConnectionInputs): Promise<ConnectionChoice> {
  const { flag, env, file, directory } = inputs;
  const ssl = sslDefaults(file, directory);
  const fromUrl = (url: string, source: string): ConnectionChoice => ({
    kind: 'server',
    settings: settingsFromUrl(url.trim(), source, env, ssl),
    source,
  });
  if (inputs.directFlag !== undefined) return fromUrl(inputs.directFlag, '--direct-url');
  if (flag !== undefined) return fromUrl(flag, '--database-url');
  for (const name of inputs.direct ? ['DIRECT_DATABASE_URL', 'DATABASE_URL'] : ['DATABASE_URL']) {
    const url = env[name];
    if (url) return fromUrl(url, name);
    const file = env[`${name}_FILE`];
    if (file) return fromUrl(await readSecretFile(file, `${name}_FILE`), `${name}_FILE`);
  }
  if (env.PGHOST || env.PGDATABASE) {
    const source = 'the PG* environment';
    return { kind: 'server', settings: settingsFromEnv(env, ssl, source), source };
  }
  const source = inputs.path ?? 'the configuration';
  if (file?.url) return fromUrl(file.url, `connection.url in ${source}`);
  if (file?.embedded) {
    refuseToyAsGate(env);
    return { kind: 'embedded', directory: join(directory, STATE_DIRECTORY), source };
  }
  throw nothingConfigured();
}

/** The same, with sessions that begin in these schemas; libpq's `options` separates by spaces, and quotes by backslashes. */
export function withSearchPath(choice: ConnectionChoice, schemas: readonly string[]): ConnectionChoice {
  if (choice.kind !== 'server') return choice;
  const path = schemas
    .map(quoteIdent)
    .join(',')
    .replaceAll(/[\\\s]/g, '\\$&');
  const options = [`-c search_path=${path}`, choice.settings.options].filter(Boolean).join(' ');
  return { ...choice, settings: { ...choice.settings, options } };
}

/** The application's own login for probes, or undefined where the environment names none. */
export async function appConnection(env: Env, ssl: SslDefaults): Promise<ConnectionSettings | undefined> {
  if (env.APP_DATABASE_URL) return settingsFromUrl(env.APP_DATABASE_URL.trim(), 'APP_DATABASE_URL', env, ssl);
  if (!env.APP_DATABASE_URL_FILE) return undefined;
  const url = await readSecretFile(env.APP_DATABASE_URL_FILE, 'APP_DATABASE_URL_FILE');
  return settingsFromUrl(url.trim(), 'APP_DATABASE_URL_FILE', env, ssl);
}

/** A server on which databases may come and go: the one that is named, else an embedded one beside the project's own. */
export function scratchConnection(
  url: string | undefined,
  { env, file, directory }: Pick<ConnectionInputs, 'env' | 'file' | 'directory'>,
): ConnectionChoice {
  const source = url === undefined ? 'the self-test' : '--self-test-url';
  if (url === undefined) {
    return { kind: 'embedded', directory: join(directory, STATE_DIRECTORY), source, scratch: true };
  }
  const settings = settingsFromUrl(url.trim(), source, env, sslDefaults(file, directory));
  return { kind: 'server', settings, source };
}

/**
 * Reads a secret from a file, as Kubernetes mounts it.
 *
 * @param source the flag or variable that named the file
 */
export async function readSecretFile(path: string, source: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new TenantctlError({
      kind: 'usage',
      code: 'SECRET_UNREADABLE',
      message: `Cannot read the file ${path} named by ${source}: ${reason(error)}.`,
      hint: 'check that the secret is mounted and that this user may read it',
      cause: error,
    });
  }
}

/** TLS settings of the configuration file, with absolute paths; PEM text stays text. */
export function sslDefaults(file: ParsedConfig['connection'], directory: string): SslDefaults {
  const { mode, rootCert, cert, key } = file?.ssl ?? {};
  const located = (value: string) =>
    value === SYSTEM_ROOTS || value.includes('\n') ? value : resolve(directory, value);
  return {
    ...(mode && { mode }),
    ...(rootCert && { rootCert: located(rootCert) }),
    ...(cert && { cert: located(cert) }),
    ...(key && { key: located(key) }),
  };
}

/** A gate that forgot its secret must never prove the embedded toy instead of the real database. */
function refuseToyAsGate(env: Env): void {
  const isSet = (value: string | undefined) => value !== undefined && !['', '0', 'false'].includes(value);
  const automation = isSet(env.CI)
    ? 'CI'
    : env.KUBERNETES_SERVICE_HOST
      ? 'KUBERNETES_SERVICE_HOST'
      : undefined;
  if (!automation || env.TENANTCTL_EMBEDDED === '1') return;
  throw new TenantctlError({
    kind: 'usage',
    code: 'EMBEDDED_REFUSED',
    message: `Cannot use the embedded server: ${automation} is set, and a gate must not pass on an empty toy database.`,
    hint: 'set DATABASE_URL to the database to work on, or TENANTCTL_EMBEDDED=1 if the embedded one is meant',
  });
}

function nothingConfigured(): TenantctlError {
  return new TenantctlError({
    kind: 'usage',
    code: 'NO_DATABASE',
    message: 'Cannot choose a database: none is configured.',
    hint: [
      'one of',
      '  DATABASE_URL=postgres://USER:PASSWORD@HOST:5432/DATABASE tenantctl …',
      '    (or DATABASE_URL_FILE, or PGHOST …)',
      '  tenantctl … --database-url postgres://USER@HOST:5432/DATABASE',
      '  tenantctl … --knexfile knexfile.js   (migrate, rollback, seed, status)',
      '  connection: { url: … } or { embedded: true } in tenantctl.config.ts',
      '    (`tenantctl init` writes one)',
    ].join('\n'),
  });
}

function reason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES') return 'permission denied';
  if (code === 'EISDIR') return 'it is a directory';
  return error instanceof Error ? error.message : String(error);
}
