import { spawn, spawnSync } from 'node:child_process';
import { constants, link, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TenantctlError } from '../../errors.js';
import { type Cluster, type ClusterPlace, dataDirectory, lastLines, SERVER_ENV } from './cluster.js';

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants;

export const HOST = '127.0.0.1';

/** A running server, as its own `postmaster.pid` tells. */
export interface Postmaster {
  pid: number;
  port: number;
  /** Whether it accepts connections; false while it starts, recovers or stops. */
  ready: boolean;
}

/** @returns the server that runs on this cluster's data now, in whatever state, or undefined */
export async function findPostmaster(cluster: ClusterPlace): Promise<Postmaster | undefined> {
  const postmaster = parsePidFile(await readPidFile(cluster));
  return postmaster && (await serves(postmaster.pid, cluster)) ? postmaster : undefined;
}

export interface StartOptions {
  /** Absolute path of the file that collects the server's log. */
  log: string;
  /** Server settings beyond the listening address. */
  settings?: Readonly<Record<string, string>>;
  signal?: AbortSignal | undefined;
}

/** Bytes after which a log begins anew: every start and stop adds some lines. */
const LOG_LIMIT = 1_000_000;

/**
 * Starts the server, detached so that it outlives this process where another one still uses it, and waits until it
 * accepts connections. PostgreSQL itself sees to it that only one of several starters succeeds.
 *
 * @throws TenantctlError EMBEDDED_START with the log's last lines
 */
export async function startPostmaster(cluster: Cluster, options: StartOptions): Promise<Postmaster> {
  const { log } = options;
  await removeStalePidFile(cluster);
  const port = await freePort();
  const all = { listen_addresses: HOST, unix_socket_directories: '', ...options.settings };
  const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  // Never through a link: root must not write where the account points it.
  const output = await open(log, O_APPEND | O_CREAT | O_WRONLY | O_NOFOLLOW, 0o600);
  if (cluster.account) await output.chown(cluster.account.uid, cluster.account.gid);
  if ((await output.stat()).size > LOG_LIMIT) await output.truncate();
  const logged = (await output.stat()).size;
  const child = spawn(cluster.programs.postgres, ['-D', dataDirectory(cluster), '-p', `${port}`, ...flags], {
    ...cluster.account,
    cwd: '/',
    env: SERVER_ENV,
    detached: true,
    stdio: ['ignore', output.fd, output.fd],
  });
  let failure: string | undefined;
  child.once('error', (error) => {
    failure = error.message;
  });
  child.once('exit', (code, signal) => {
    failure = `it ended with ${signal ?? `exit code ${code}`}`;
  });
  child.unref();
  await output.close();
  while (failure === undefined) {
    if (options.signal?.aborted) {
      child.kill('SIGINT');
      options.signal.throwIfAborted();
    }
    await sleep(20);
    const postmaster = parsePidFile(await readPidFile(cluster));
    if (postmaster?.ready && postmaster.pid === child.pid) return postmaster;
  }
  const text = (await readFile(log)).subarray(logged).toString('utf8');
  throw new TenantctlError({
    kind: 'unreachable',
    code: 'EMBEDDED_START',
    message: `Cannot start the embedded server: ${failure}. The end of its log, ${log}:\n${lastLines(text)}`,
    hint: 'set DATABASE_URL to use a server of your own',
  });
}

/** Fast shutdown: open transactions are rolled back, committed ones are flushed. Returns when the server is gone. */
export async function stopPostmaster(cluster: ClusterPlace, postmaster: Postmaster): Promise<void> {
  try {
    process.kill(postmaster.pid, 'SIGINT');
  } catch {
    return;
  }
  // A dead child may stay as a zombie where nobody reaps it; the file goes in the server's very last step.
  while (parsePidFile(await readPidFile(cluster))?.pid === postmaster.pid) {
    if (!(await serves(postmaster.pid, cluster))) return;
    await sleep(10);
  }
}

function pidFile(cluster: ClusterPlace): string {
  return path.join(dataDirectory(cluster), 'postmaster.pid');
}

async function readPidFile(cluster: ClusterPlace): Promise<string> {
  return await readFile(pidFile(cluster), 'utf8').catch(() => '');
}

/** Lines: pid, data directory, start time, port, socket directory, address, shared memory, status. */
function parsePidFile(text: string): Postmaster | undefined {
  const [pid, , , port, , , , status] = text.split('\n');
  const numbers = { pid: Number(pid), port: Number(port) };
  return numbers.pid > 0 && numbers.port > 0 ? { ...numbers, ready: status?.trim() === 'ready' } : undefined;
}

/** After a crash or a restart of the machine, the pid may be another program's: ask what that process works on. */
async function serves(pid: number, cluster: ClusterPlace): Promise<boolean> {
  if (process.platform === 'linux') {
    const [cwd, data] = await Promise.all([
      stat(`/proc/${pid}/cwd`).catch(() => undefined),
      stat(dataDirectory(cluster)),
    ]);
    return cwd !== undefined && cwd.ino === data.ino && cwd.dev === data.dev;
  }
  const ps = spawnSync('ps', ['-p', `${pid}`, '-o', 'command='], { encoding: 'utf8' });
  return ps.stdout.includes(dataDirectory(cluster));
}

/**
 * PostgreSQL replaces the pid file of a dead process, but refuses to start while the pid is alive as something else,
 * a zombie included. Renaming before judging keeps the file of a server that another process started this instant.
 */
async function removeStalePidFile(cluster: ClusterPlace): Promise<void> {
  const stale = parsePidFile(await readPidFile(cluster));
  if (!stale || (await serves(stale.pid, cluster))) return;
  const aside = `${pidFile(cluster)}.stale-${process.pid}`;
  try {
    await rename(pidFile(cluster), aside);
  } catch {
    return;
  }
  const moved = parsePidFile(await readFile(aside, 'utf8'));
  if (moved?.pid !== stale.pid) await link(aside, pidFile(cluster)).catch(() => undefined);
  await rm(aside);
}

async function freePort(): Promise<number> {
  const server = createServer();
  return await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, HOST, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
