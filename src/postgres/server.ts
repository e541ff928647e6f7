import type { Client } from './connect.js';
import type { ConnectionSettings, SslMode } from './settings.js';

/** Which database a command worked on. Every report names it. */
export interface Target {
  host: string;
  port: number;
  database: string;
  user: string;
  /** How it was chosen: '--database-url', 'DATABASE_URL', a file. */
  source: string;
  embedded: boolean;
}

/** What the server says about itself and about this connection. */
export interface ServerInfo {
  /** '15.18'. */
  version: string;
  /** 150018: comparable. */
  versionNumber: number;
  role: string;
  superuser: boolean;
  bypassRls: boolean;
  tls: TlsInfo;
}

/** The TLS mode asked for, and what came of it. */
export interface TlsInfo {
  mode: SslMode;
  /** 'TLSv1.3', or undefined on a plain-text connection. */
  protocol: string | undefined;
}

/** Asks the server who it is and who we are: one query. */
export async function readServerInfo(client: Client, settings: ConnectionSettings): Promise<ServerInfo> {
  const { rows } = await client.query<{
    version: string;
    version_number: number;
    role: string;
    superuser: boolean;
    bypass_rls: boolean;
    protocol: string | null;
  }>(`
    select current_setting('server_version') as version,
           current_setting('server_version_num')::int as version_number,
           r.rolname as role, r.rolsuper as superuser, r.rolbypassrls as bypass_rls,
           (select s.version from pg_catalog.pg_stat_ssl s where s.pid = pg_catalog.pg_backend_pid() and s.ssl) as protocol
      from pg_catalog.pg_roles r
     where r.rolname = current_user`);
  const [row] = rows;
  if (!row) throw new Error('pg_roles has no row for current_user');
  return {
    version: row.version,
    versionNumber: row.version_number,
    role: row.role,
    superuser: row.superuser,
    bypassRls: row.bypass_rls,
    tls: { mode: settings.ssl.mode, protocol: row.protocol ?? undefined },
  };
}
