import { userInfo } from 'node:os';
import { TenantctlError } from '../errors.js';
import { type ConnectionSettings, SSL_MODES, type SslMode, type SslSettings } from '../postgres/settings.js';

const DEFAULT_CONNECT_TIMEOUT_S = 10;

export type Env = Readonly<Record<string, string | undefined>>;

/** What the configuration file says about TLS; the URL and the environment come before it. */
export type SslDefaults = Partial<SslSettings>;

/**
 * Reads a `postgres://` URL with libpq's meaning: what it leaves out comes from the `PG*` variables, then from
 * libpq's defaults.
 *
 * @param source how the URL was given, for error messages; the URL itself is never repeated: it holds a password
 * @throws TenantctlError usage
 */
export async function settingsFromUrl(
  url: string,
  source: string,
  env: Env,
  sslDefaults: SslDefaults,
): Promise<ConnectionSettings> {
  const { query, withoutTls } = splitUrl(url, source);
  const { parse } = await import('pg-connection-string');
  const parsed = parse(withoutTls);
  return {
    ...settingsFromEnv(env, sslDefaults, source),
    ...defined({
      host: parsed.host || undefined,
      port: parsed.port ? readPort(parsed.port, source) : undefined,
      user: parsed.user || undefined,
      password: parsed.password || undefined,
      database: parsed.database || parsed.user || undefined,
      options: parsed.options,
    }),
    ssl: readSsl((key) => query.get(key) ?? undefined, env, sslDefaults, source),
    connectTimeoutMs: readTimeout(query.get('connect_timeout') ?? env.PGCONNECT_TIMEOUT, source),
  };
}

/** The connection that libpq's environment variables and defaults describe. */
export function settingsFromEnv(env: Env, sslDefaults: SslDefaults, source: string): ConnectionSettings {
  const user = env.PGUSER || userInfo().username;
  return {
    host: env.PGHOST || 'localhost',
    port: readPort(env.PGPORT || '5432', source),
    user,
    database: env.PGDATABASE || user,
    ...defined({ password: env.PGPASSWORD || undefined, options: env.PGOPTIONS || undefined }),
    ssl: readSsl(() => undefined, env, sslDefaults, source),
    connectTimeoutMs: readTimeout(env.PGCONNECT_TIMEOUT, source),
  };
}

/** Takes the TLS parameters out: pg-connection-string would read the files, and gives sslmode another meaning. */
function splitUrl(url: string, source: string): { query: URLSearchParams; withoutTls: string } {
  const notAUrl = (cause: string) =>
    new TenantctlError({
      kind: 'usage',
      code: 'BAD_URL',
      message: `Cannot read ${source}: ${cause}.`,
      hint: 'postgres://user:password@host:5432/database?sslmode=verify-full (percent-encode special characters)',
    });
  if (!/^postgres(ql)?:\/\//.test(url)) throw notAUrl('it does not start with postgres:// or postgresql://');
  // Outside an authority the WHATWG parser is strict about hosts that libpq allows (a socket's directory).
  const [base = '', search = ''] = url.split('?', 2);
  const query = new URLSearchParams(search);
  const rest = new URLSearchParams([...query].filter(([key]) => !/^(ssl|connect_timeout$)/.test(key)));
  const withoutTls = rest.size > 0 ? `${base}?${rest}` : base;
  const authority = base.replace(/^postgres(ql)?:\/\//, '').split('/', 1)[0] ?? '';
  if (authority.includes(',')) throw notAUrl('several hosts in one URL are not supported');
  try {
    new URL(withoutTls.replace(/^postgres(ql)?:\/\/((?:[^@/]*@)?)(?=\/|$)/, 'postgres://$2localhost'));
  } catch {
    throw notAUrl('it is not a valid URL');
  }
  return { query, withoutTls };
}

function readSsl(
  fromUrl: (key: string) => string | undefined,
  env: Env,
  defaults: SslDefaults,
  source: string,
): SslSettings {
  const mode = fromUrl('sslmode') ?? env.PGSSLMODE ?? defaults.mode ?? 'prefer';
  if (!isSslMode(mode)) {
    throw new TenantctlError({
      kind: 'usage',
      code: 'BAD_SSLMODE',
      message: `Cannot read ${source}: sslmode expected one of ${SSL_MODES.join(', ')}; received ${JSON.stringify(mode)}.`,
      hint: 'sslmode=verify-full checks certificate and host name; require only encrypts',
    });
  }
  return {
    mode,
    ...defined({
      rootCert: fromUrl('sslrootcert') ?? env.PGSSLROOTCERT ?? defaults.rootCert,
      cert: fromUrl('sslcert') ?? env.PGSSLCERT ?? defaults.cert,
      key: fromUrl('sslkey') ?? env.PGSSLKEY ?? defaults.key,
    }),
  };
}

function isSslMode(mode: string): mode is SslMode {
  return SSL_MODES.some((known) => known === mode);
}

function readPort(text: string, source: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65536) return port;
  throw new TenantctlError({
    kind: 'usage',
    code: 'BAD_PORT',
    message: `Cannot read ${source}: the port ${JSON.stringify(text)} is not a number from 1 to 65535.`,
  });
}

function readTimeout(text: string | undefined, source: string): number {
  const seconds = text === undefined || text === '' ? DEFAULT_CONNECT_TIMEOUT_S : Number(text);
  if (Number.isFinite(seconds) && seconds > 0) return seconds * 1000;
  throw new TenantctlError({
    kind: 'usage',
    code: 'BAD_TIMEOUT',
    message: `Cannot read ${source}: connect_timeout ${JSON.stringify(text)} is not a number of seconds.`,
  });
}

/** Drops the keys that hold undefined, so that spreading keeps what is below. */
function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
