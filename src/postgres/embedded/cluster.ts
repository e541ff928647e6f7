import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { TenantctlError } from '../../errors.js';
import type { Account } from './accounts.js';
import { exists, type Programs } from './binaries.js';

/** A PostgreSQL cluster on disk: `<directory>/data` and `<directory>/password`, the superuser's, mode 0600. */
export interface Cluster {
  directory: string;
  programs: Programs;
  account: Account | undefined;
}

/** Enough to find and stop whatever runs there. */
export type ClusterPlace = Pick<Cluster, 'directory'>;

export const SUPERUSER = 'postgres';

/** No locale and no time zone of the machine may change what a cluster stores or how its log reads. */
export const SERVER_ENV = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

export function dataDirectory(cluster: ClusterPlace): string {
  return path.join(cluster.directory, 'data');
}

export async function readPassword(cluster: ClusterPlace): Promise<string> {
  return (await readFile(path.join(cluster.directory, 'password'), 'utf8')).trimEnd();
}

export interface CreateOptions {
  /** Further flags for initdb. */
  flags?: readonly string[];
  signal?: AbortSignal | undefined;
}

/**
 * Initialises the cluster beside its place and renames it there: a directory of that name is always a whole one,
 * whatever was killed. Where another process made it meanwhile, that one stands.
 *
 * @throws TenantctlError EMBEDDED_INIT with initdb's last lines
 */
export async function createCluster(cluster: Cluster, options: CreateOptions = {}): Promise<void> {
  const draft = await mkdtemp(`${cluster.directory}.new-`);
  try {
    const passwordFile = path.join(draft, 'password');
    await writeFile(passwordFile, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 });
    if (cluster.account) {
      await chown(passwordFile, cluster.account.uid, cluster.account.gid);
      await chown(draft, cluster.account.uid, cluster.account.gid);
    }
    await initdb(cluster, draft, passwordFile, options);
    await rename(draft, cluster.directory);
    await removeDrafts(cluster);
  } catch (error) {
    // Where another process was first, it has swept our draft away.
    if (!(await exists(cluster.directory))) throw error;
  } finally {
    await rm(draft, REMOVE);
  }
}

/** What is being removed may still be written to by a process that is about to end. */
const REMOVE = { recursive: true, force: true, maxRetries: 5 };

/** Drafts of those who were killed, or came second. */
async function removeDrafts({ directory }: ClusterPlace): Promise<void> {
  const home = path.dirname(directory);
  const drafts = (await readdir(home)).filter((name) => name.startsWith(`${path.basename(directory)}.new-`));
  await Promise.all(drafts.map((name) => rm(path.join(home, name), REMOVE)));
}

async function initdb(
  cluster: Cluster,
  draft: string,
  passwordFile: string,
  options: CreateOptions,
): Promise<void> {
  const flags = [
    `--pgdata=${path.join(draft, 'data')}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    ...localeFlags(cluster.programs.version),
    ...(options.flags ?? []),
  ];
  const child = spawn(cluster.programs.initdb, flags, {
    ...cluster.account,
    cwd: '/',
    env: SERVER_ENV,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.signal && { signal: options.signal }),
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  let problem: string | undefined;
  child.once('error', (error) => {
    problem = error.message;
  });
  // 'close' also waits for the servers that initdb runs: when it is stopped, they are the last to write.
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (code === 0) return;
  options.signal?.throwIfAborted();
  throw new TenantctlError({
    kind: 'step-failed',
    code: 'EMBEDDED_INIT',
    message: `Cannot create the embedded server's data directory ${dataDirectory(cluster)}: ${problem ?? lastLines(output)}`,
    hint: 'set DATABASE_URL to use a server of your own',
  });
}

/** PostgreSQL 17 brought a Unicode locale of its own; before it, only C is the same on every machine. */
function localeFlags(version: string): string[] {
  const builtin = Number.parseInt(version, 10) >= 17;
  return builtin ? ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : ['--locale=C'];
}

/** The end of a program's output, for an error message. */
export function lastLines(text: string, count = 8): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}
