import type { Client } from 'pg';
import { TenantctlError } from '../errors.js';
import { requestCancel } from './cancel.js';
import { loadDriver } from './driver.js';
import { connectError, isConnectionLost } from './errors.js';
import type { ConnectionSettings } from './settings.js';
import { allowPlainText, type TlsAttempt, tlsAttempts } from './tls.js';

export type { Client } from 'pg';

export interface ConnectionMode {
  /** Statements are sent without waiting for the answers to those before (see pipeline.ts); no COPY, no cursors. */
  pipelined?: boolean | undefined;
  /** Nothing follows on this database: that the server has taken leave, too, is not waited for. */
  last?: boolean | undefined;
}

export interface ConnectOptions extends ConnectionMode {
  /** Shown in pg_stat_activity: `tenantctl/<command>`. */
  applicationName: string;
  /** How the settings were given, for error messages. */
  source: string;
  /** Aborting cancels the statement that runs, over a connection of its own. */
  signal?: AbortSignal | undefined;
  /** RAISE NOTICE and WARNING from the server. */
  onNotice?: ((message: string) => void) | undefined;
}

/**
 * Opens a connection, lends it to `use`, and closes it whatever happens. The only way to get one: whoever opened a
 * connection is the one who closes it.
 *
 * @throws TenantctlError where the connection cannot be made (see connectError), and whatever `use` throws
 */
export async function withConnection<T>(
  settings: ConnectionSettings,
  options: ConnectOptions,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  options.signal?.throwIfAborted();
  const client = await open(settings, options);
  const cancel = () => void cancelStatement(settings, options, client);
  options.signal?.addEventListener('abort', cancel);
  try {
    await prepareSession(client);
    return await use(client);
  } catch (error) {
    // The session was ended: whether the server's word of that or a reset comes first, the network decides.
    if (options.pipelined && options.signal?.aborted && isConnectionLost(error)) throw options.signal.reason;
    throw withLoss(client, error);
  } finally {
    options.signal?.removeEventListener('abort', cancel);
    await leave(client, options.last);
  }
}

async function leave(client: Client, last = false): Promise<void> {
  const left = client.end().catch(() => {});
  const told = new Promise<void>((resolve) => client.connection.stream.once('finish', resolve));
  await (last ? Promise.race([left, told]) : left);
}

async function open(settings: ConnectionSettings, options: ConnectOptions): Promise<Client> {
  const attempts = await tlsAttempts(settings.ssl, settings.host);
  let failure: unknown;
  for (const [at, ssl] of attempts.entries()) {
    const client = await newClient(settings, options, ssl);
    try {
      const connected = client.connect();
      if (ssl !== false && attempts[at + 1] === false) allowPlainText(client);
      await connected;
      return client;
    } catch (error) {
      // Not awaited: the next attempt need not wait until the server has taken leave of this one.
      void client.end().catch(() => {});
      failure = error;
      if (!worthOtherTls(error)) break;
    }
  }
  throw connectError(failure, settings, options.source);
}

/**
 * So long nothing is heard before the server is asked whether it is still there: one whose host has vanished says no word,
 * and by itself the operating system asks after two hours.
 */
const KEEPALIVE_MS = 15_000;

async function newClient(
  settings: ConnectionSettings,
  options: ConnectOptions,
  ssl: TlsAttempt,
): Promise<Client> {
  const pg = await loadDriver();
  const client = new pg.Client({
    host: settings.host,
    port: settings.port,
    user: settings.user,
    database: settings.database,
    ...(settings.password !== undefined && { password: settings.password }),
    ...(settings.options !== undefined && { options: settings.options }),
    ssl,
    application_name: options.applicationName,
    connectionTimeoutMillis: settings.connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEPALIVE_MS,
    ...(options.pipelined && { pipeline: true }),
  });
  // Without a listener a lost connection would be an uncaught exception; the running query rejects anyway.
  client.on('error', (error) => {
    // The first says why; that the connection is closed follows from it.
    if (!losses.has(client)) losses.set(client, error);
  });
  client.on('notice', (notice) => {
    if (isWorthTelling(notice)) options.onNotice?.(notice.message ?? '');
  });
  return client;
}

/** What ended connections that nothing was asked of just then. */
const losses = new WeakMap<Client, Error>();

/** An error with what ended the connection as its cause, where the driver says no more than that it is not queryable. */
export function withLoss(client: Client, error: unknown): unknown {
  const loss = losses.get(client);
  if (loss && error instanceof Error && error.cause === undefined && isConnectionLost(error))
    error.cause = loss;
  return error;
}

interface NoticeFields {
  severity: string | undefined;
  routine: string | undefined;
}

/** Warnings, and what somebody's RAISE says; not the server's own remarks such as `… does not exist, skipping`. */
function isWorthTelling({ severity, routine }: NoticeFields): boolean {
  return severity !== 'NOTICE' || routine === 'exec_stmt_raise';
}

/** `prefer` and `allow` try again with the other kind only where the kind was the trouble, as libpq does. */
function worthOtherTls(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  return code === '28000' || /SSL|TLS|certificate/i.test(message ?? '');
}

/**
 * By these the server notices that its client is gone, and lets go of its locks. Killed (prisma/orm#12999): the running
 * statement ends within a second, PostgreSQL 14+. Vanished, with its host or the network, without a word: the session
 * ends within three quarters of a minute, instead of the operating system's two hours, sooner than others give up waiting
 * for its locks. On a Unix socket the latter mean nothing.
 */
export const WATCH_SETTINGS: Readonly<Record<string, string>> = {
  client_connection_check_interval: '1s',
  tcp_keepalives_idle: '15',
  tcp_keepalives_interval: '10',
  tcp_keepalives_count: '3',
  // Milliseconds, which is also how it is shown.
  tcp_user_timeout: '45000',
};

async function prepareSession(client: Client): Promise<void> {
  const names = Object.keys(WATCH_SETTINGS);
  const settings = names.map((_, index) => `, set_config($${2 * index + 1}, $${2 * index + 2}, false)`);
  const ask = (more: string, values: string[]) =>
    client.query<Backend>(
      `select pg_backend_pid() as pid, current_setting('server_version_num')::int as version${more}`,
      values,
    );
  // Refused on platforms where the server cannot poll the socket.
  const { rows } = await ask(settings.join(''), Object.entries(WATCH_SETTINGS).flat()).catch(() =>
    ask('', []),
  );
  if (rows[0]) backends.set(client, rows[0]);
}

/**
 * The request travels on its own connection: the busy one reads nothing until its statement ends. Where further statements
 * are on their way behind that one, ending it would only let them run, so the session is ended.
 */
async function cancelStatement(
  settings: ConnectionSettings,
  options: ConnectOptions,
  busy: Client,
): Promise<void> {
  const pid = backendPid(busy);
  if (pid === undefined) return;
  const { signal: _, ...withoutSignal } = options;
  await withConnection(settings, withoutSignal, (client) =>
    client.query(`select ${options.pipelined ? 'pg_terminate_backend' : 'pg_cancel_backend'}($1)`, [pid]),
  ).catch(() => requestCancel(settings, busy));
}

interface Backend {
  pid: number;
  /** server_version_num. */
  version: number;
}

const backends = new WeakMap<Client, Backend>();

/** 150004 is 15.4. */
export function serverVersion(client: Client): number {
  return backends.get(client)?.version ?? 0;
}

/** The server process behind a connection, as it says itself: a pooler makes one up in BackendKeyData. */
export function backendPid(client: Client): number | undefined {
  return backends.get(client)?.pid ?? keyedPid(client);
}

/** Whether something between here and the server answers for it: then the two differ. */
export function isPooled(client: Client): boolean {
  return keyedPid(client) !== backendPid(client);
}

/** As sent in BackendKeyData; pg's types leave it out. */
function keyedPid(client: Client): number | undefined {
  return (client as Client & { processID?: number | null }).processID ?? undefined;
}

/** Turns the query_canceled that follows an abort into the error that says so. */
export function interrupted(cause?: unknown): TenantctlError {
  return new TenantctlError({
    kind: 'interrupted',
    code: 'INTERRUPTED',
    message: 'Stopped by a signal; what was finished stays.',
    hint: 'run the same command again to go on',
    cause,
  });
}
