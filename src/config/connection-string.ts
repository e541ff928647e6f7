import { userInfo } from 'node:os';
import { TenantctlError } from '../errors.js';
import { nearest } from '../nearest.js';
import {
  type ConnectionSettings,
  SSL_MODES,
  type SslMode,
  type SslSettings,
  SYSTEM_ROOTS,
} from '../postgres/settings.js';

const DEFAULT_HOST = 'localhost';
const DEFAULT_PORT = '5432';
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
export function settingsFromUrl(
  url: string,
  source: string,
  env: Env,
  sslDefaults: SslDefaults,
): ConnectionSettings {
  const parts = parseUrl(url, source);
  refuseMisspelt(parts.query, source);
  const param = (key: string) => parts.query.get(key) ?? undefined;
  const user = param('user') || parts.user || env.PGUSER || operatingSystemUser(source);
  refuseUnheeded(parts.query, source);
  const host = param('host') || parts.host || env.PGHOST || DEFAULT_HOST;
  if (host.includes(',')) throw severalHosts(source);
  return {
    host,
    port: readPort(param('port') || parts.port || env.PGPORT || DEFAULT_PORT, source),
    user,
    database: param('dbname') || parts.database || env.PGDATABASE || user,
    ...defined({
      password: param('password') || parts.password || env.PGPASSWORD || undefined,
      options: param('options') || env.PGOPTIONS || undefined,
    }),
    ssl: readSsl(param, env, sslDefaults, source),
    connectTimeoutMs: readTimeout(param('connect_timeout') || env.PGCONNECT_TIMEOUT, source),
  };
}

/** What decides about TLS here, and what libpq knows besides. */
const TLS_PARAMETERS = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey'];
const OTHER_TLS_PARAMETERS =
  /^ssl(|crl|crldir|compression|password|sni|negotiation|certmode|_m(in|ax)_protocol_version)$/;

/**
 * `?sslmod=verify-full` must not connect in plain text. Parameters that nothing here resembles are left alone: other
 * libraries have their own (`pgbouncer`, `schema`).
 */
function refuseMisspelt(query: URLSearchParams, source: string): void {
  for (const key of query.keys()) {
    if (TLS_PARAMETERS.includes(key) || OTHER_TLS_PARAMETERS.test(key)) continue;
    const [meant] = nearest(key, TLS_PARAMETERS, 1);
    if (meant === undefined) continue;
    throw new TenantctlError({
      kind: 'usage',
      code: 'BAD_URL',
      message: `Cannot read ${source}: there is no parameter ${JSON.stringify(key)}, and TLS would not be what was meant.`,
      hint: `${meant}=…`,
    });
  }
}

/** The connection that libpq's environment variables and defaults describe. */
export function settingsFromEnv(env: Env, sslDefaults: SslDefaults, source: string): ConnectionSettings {
  return settingsFromUrl('postgres://', source, env, sslDefaults);
}

/** An arbitrary user id, as containers have, is not in /etc/passwd. */
function operatingSystemUser(source: string): string {
  try {
    return userInfo().username;
  } catch {
    throw new TenantctlError({
      kind: 'usage',
      code: 'NO_USER',
      message: `Cannot read ${source}: it names no role, and this process's user id has no name to take instead.`,
      hint: 'name the role in the URL or in PGUSER',
    });
  }
}

interface UrlParts {
  host: string;
  port: string;
  user: string;
  password: string;
  database: string;
  query: URLSearchParams;
}

/** A URL's parts, decoded; '' where it has none. */
function parseUrl(url: string, source: string): UrlParts {
  const notAUrl = (cause: string) =>
    new TenantctlError({
      kind: 'usage',
      code: 'BAD_URL',
      message: `Cannot read ${source}: ${cause}.`,
      hint: 'postgres://USER:PASSWORD@HOST:5432/DATABASE?sslmode=verify-full, special characters written as %40 (@), %2F (/), %23 (#), %3F (?)',
    });
  const [, rest] = /^postgres(?:ql)?:\/\/(.*)$/s.exec(url) ?? [];
  if (rest === undefined) throw notAUrl('it does not start with postgres:// or postgresql://');
  // Parsers differ on where such a password ends; guessing could send a part of it to the DNS as a host name.
  if (/#|@.*@|[/?].*@/s.test(rest)) {
    throw notAUrl('its user name or password holds a special character that is not percent-encoded');
  }
  const [, authority = '', path = ''] = /^([^/?]*)([^?]*)/.exec(rest) ?? [];
  if (authority.includes(',')) throw severalHosts(source);
  try {
    // The host may be left out, but not after a user name in the WHATWG's grammar.
    const hostless = authority === '' || authority.endsWith('@');
    // A form's "+" means a space, libpq's means itself.
    const query = new URLSearchParams(rest.slice(authority.length + path.length).replaceAll('+', '%2B'));
    const parsed = new URL(`postgres://${authority}${hostless ? 'none' : ''}`);
    return {
      host: hostless ? '' : decodeURIComponent(parsed.hostname.replace(/^\[(.*)\]$/, '$1')),
      port: parsed.port,
      user: decodeURIComponent(parsed.username),
      password: decodeURIComponent(parsed.password),
      database: decodeURIComponent(path.slice(1)),
      query,
    };
  } catch {
    throw notAUrl('it is not a valid URL');
  }
}

/** What libpq would find the server by: without it, it could be another one. */
const UNHEEDED = ['service', 'servicefile', 'hostaddr'];

function refuseUnheeded(query: URLSearchParams, source: string): void {
  const found = UNHEEDED.find((name) => query.has(name));
  if (found === undefined) return;
  throw new TenantctlError({
    kind: 'usage',
    code: 'URL_PARAMETER',
    message: `Cannot read ${source}: its parameter ${found} is not supported.`,
    hint: 'name host, port and database in the URL itself',
  });
}

function severalHosts(source: string): TenantctlError {
  return new TenantctlError({
    kind: 'usage',
    code: 'SEVERAL_HOSTS',
    message: `Cannot read ${source}: several hosts are not supported.`,
    hint: 'name one, that of the primary server',
  });
}

function readSsl(
  fromUrl: (key: string) => string | undefined,
  env: Env,
  defaults: SslDefaults,
  source: string,
): SslSettings {
  const rootCert = fromUrl('sslrootcert') || env.PGSSLROOTCERT || defaults.rootCert;
  const asked =
    fromUrl('sslmode') || (fromUrl('ssl') === 'true' && 'require') || env.PGSSLMODE || defaults.mode;
  const mode = asked || (rootCert === SYSTEM_ROOTS ? 'verify-full' : 'prefer');
  const bad = (cause: string) =>
    new TenantctlError({
      kind: 'usage',
      code: 'BAD_SSLMODE',
      message: `Cannot read ${source}: ${cause}.`,
      hint: 'sslmode=verify-full checks certificate and host name; require only encrypts',
    });
  if (!isSslMode(mode)) {
    throw bad(`sslmode expected one of ${SSL_MODES.join(', ')}; received ${JSON.stringify(mode)}`);
  }
  // Anyone can have a certificate from a public authority, so without the host's name it proves nothing.
  if (rootCert === SYSTEM_ROOTS && mode !== 'verify-full') {
    throw bad(`sslrootcert=${SYSTEM_ROOTS} is only sound with sslmode=verify-full; received ${mode}`);
  }
  return {
    mode,
    ...defined({
      rootCert,
      cert: fromUrl('sslcert') || env.PGSSLCERT || defaults.cert,
      key: fromUrl('sslkey') || env.PGSSLKEY || defaults.key,
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
    hint: `PostgreSQL's own is ${DEFAULT_PORT}`,
  });
}

function readTimeout(text: string | undefined, source: string): number {
  const seconds = text === undefined || text === '' ? DEFAULT_CONNECT_TIMEOUT_S : Number(text);
  if (Number.isFinite(seconds) && seconds > 0) return seconds * 1000;
  throw new TenantctlError({
    kind: 'usage',
    code: 'BAD_TIMEOUT',
    message: `Cannot read ${source}: connect_timeout ${JSON.stringify(text)} is not a number of seconds.`,
    hint: `connect_timeout=${DEFAULT_CONNECT_TIMEOUT_S} is what holds where it is left out`,
  });
}

/** Drops the keys that hold undefined, so that spreading keeps what is below. */
function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
