import type pg from 'pg';
import { TenantctlError } from '../../errors.js';
import { loadDriver } from '../driver.js';
import { sqlState } from '../errors.js';
import { type Cluster, readPassword, SUPERUSER } from './cluster.js';
import { HOST, type Postmaster } from './postmaster.js';

/** The database that embedded servers are used for. */
export const DATABASE = 'app';

/** 'tctl': every user of the server holds this advisory lock shared; whoever stops it needs it alone. */
const LOCK = 0x7463746c;

/**
 * One process's use of the server: an idle session that holds an advisory lock. The server itself keeps the list of
 * its users, and a process that is killed leaves the list because its connection breaks.
 */
export interface Tenure {
  version: string;
  /** Ends the use. `stop` is called where nobody else uses the server, and nobody can begin to until it is done. */
  end(stop: () => Promise<void>): Promise<void>;
}

/** @returns undefined where the server does not answer yet, or is about to be stopped: look again */
export async function beginTenure(cluster: Cluster, postmaster: Postmaster): Promise<Tenure | undefined> {
  const { Client } = await loadDriver();
  const client = new Client({
    host: HOST,
    port: postmaster.port,
    user: SUPERUSER,
    password: await readPassword(cluster),
    database: 'postgres',
    application_name: 'tenantctl/embedded',
    ssl: false,
    options: '-c idle_session_timeout=0',
    connectionTimeoutMillis: 5_000,
  });
  // A server that dies under its users is reported by their own connections.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const version = await join(client);
    if (version !== undefined) return { version, end: (stop) => endTenure(client, stop) };
    await client.end();
  } catch (error) {
    await client.end().catch(() => undefined);
    if (isFinal(error)) throw refusal(cluster, error);
  }
  return undefined;
}

/** @returns the server's version, or undefined while it is being stopped */
async function join(client: pg.Client): Promise<string | undefined> {
  const { rows } = await client.query<{ joined: boolean; version: string; created: boolean }>(
    `SELECT pg_try_advisory_lock_shared($1) AS joined, current_setting('server_version') AS version,
            EXISTS (SELECT FROM pg_database WHERE datname = $2) AS created`,
    [LOCK, DATABASE],
  );
  const state = rows[0];
  if (!state?.joined) return undefined;
  if (!state.created) await createDatabase(client);
  return state.version;
}

async function createDatabase(client: pg.Client): Promise<void> {
  try {
    await client.query(`CREATE DATABASE ${client.escapeIdentifier(DATABASE)}`);
  } catch (error) {
    // Two commands that come at the same moment both find it missing; one of them is refused.
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
    if (rowCount === 0) throw error;
  }
}

async function endTenure(client: pg.Client, stop: () => Promise<void>): Promise<void> {
  const alone = await lockAlone(client).catch(() => false);
  if (alone) await stop();
  await client.end().catch(() => undefined);
}

/** Of two who end at the same moment, the second to let go of its share finds itself alone. */
async function lockAlone(client: pg.Client): Promise<boolean> {
  await client.query('SELECT pg_advisory_unlock_shared($1)', [LOCK]);
  const { rows } = await client.query<{ alone: boolean }>('SELECT pg_try_advisory_lock($1) AS alone', [LOCK]);
  return rows[0]?.alone === true;
}

/** Class 57: starting up or shutting down; class 53: no connection is free. Everything else will not pass by waiting. */
function isFinal(error: unknown): error is pg.DatabaseError {
  const state = sqlState(error);
  return state !== undefined && !/^5[37]/.test(state);
}

function refusal(cluster: Cluster, cause: pg.DatabaseError): TenantctlError {
  const isPassword = cause.code?.startsWith('28');
  return new TenantctlError({
    kind: 'usage',
    code: isPassword ? 'EMBEDDED_PASSWORD' : 'EMBEDDED_REFUSED',
    message: `Cannot use the embedded server in ${cluster.directory}: ${cause.message}.`,
    hint: isPassword
      ? `give ${SUPERUSER} the password in ${cluster.directory}/password, or remove ${cluster.directory} with its data`
      : `remove ${cluster.directory} with its data, or set DATABASE_URL to use a server of your own`,
    cause,
  });
}
