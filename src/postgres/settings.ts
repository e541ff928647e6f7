/** libpq's names; tls.ts gives them libpq's meaning. */
export const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;

export type SslMode = (typeof SSL_MODES)[number];

/** libpq's `sslrootcert=system`: the public authorities that the platform trusts. */
export const SYSTEM_ROOTS = 'system';

/** Certificates are absolute paths, read when the connection is made, or PEM text; `rootCert` may be SYSTEM_ROOTS. */
export interface SslSettings {
  mode: SslMode;
  rootCert?: string;
  cert?: string;
  key?: string;
}

/** Everything needed to open one connection. */
export interface ConnectionSettings {
  /** A host name, an address, or the directory of a Unix socket. */
  host: string;
  port: number;
  user: string;
  password?: string;
  database: string;
  ssl: SslSettings;
  /** libpq's `options`: `-c search_path=…`. */
  options?: string;
  connectTimeoutMs: number;
}

/** Where the connection came from, for `status` and error messages: 'DATABASE_URL', '--database-url', … */
export type ConnectionChoice =
  | { kind: 'server'; settings: ConnectionSettings; source: string }
  /** `scratch`: the one beside the project's own whose data nobody keeps. */
  | { kind: 'embedded'; directory: string; source: string; scratch?: boolean };
