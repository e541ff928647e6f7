import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import path from 'node:path';
import type pg from 'pg';
import { onTestFinished } from 'vitest';
import {
  acquireEmbeddedServer,
  type EmbeddedOptions,
  type EmbeddedServer,
} from '../../../src/postgres/embedded/index.js';
import {
  findPostmaster,
  type Postmaster,
  stopPostmaster,
} from '../../../src/postgres/embedded/postmaster.js';
import { finished, ROOT } from '../../support/cli.js';
import { withClient } from '../../support/server.js';

/** Another process that uses the directory's server. */
export interface OtherUser {
  child: ChildProcessWithoutNullStreams;
  /** Resolves once it uses the server. */
  port: Promise<number>;
  /** Has it release the server and end. */
  leave(): Promise<void>;
}

export function otherUser(directory: string): OtherUser {
  const script = path.join(ROOT, 'test/support/embedded-user.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script, directory], { cwd: ROOT });
  const ended = finished(child);
  onTestFinished(() => void child.kill('SIGKILL'));
  const port = new Promise<number>((resolve, reject) => {
    child.stdout.once('data', (line: string) => resolve((JSON.parse(line) as { port: number }).port));
    void ended.then(({ stderr }) => reject(new Error(`ended early: ${stderr}`)));
  });
  const leave = async (): Promise<void> => {
    child.stdin.end();
    const { exitCode, stderr } = await ended;
    if (exitCode !== 0) throw new Error(stderr);
  };
  return { child, port, leave };
}

/** Acquires the server; whatever the test does, no server is left behind. */
export async function acquire(
  directory: string,
  options: Partial<EmbeddedOptions> = {},
): Promise<EmbeddedServer> {
  onTestFinished(() => stopWhateverRuns(directory));
  return await acquireEmbeddedServer({ directory, ...options });
}

export async function stopWhateverRuns(directory: string): Promise<void> {
  const postmaster = await running(directory);
  if (postmaster) await stopPostmaster(clusterOf(directory), postmaster);
}

export async function running(directory: string): Promise<Postmaster | undefined> {
  return await findPostmaster(clusterOf(directory)).catch(() => undefined);
}

export function clusterOf(directory: string): { directory: string } {
  return { directory: path.join(directory, 'postgres', 'cluster') };
}

export async function query(server: EmbeddedServer, sql: string): Promise<pg.QueryResultRow[]> {
  const { user, password, host, port, database } = server;
  const url = `postgresql://${user}:${password}@${host}:${port}/${database}`;
  return await withClient(url, async (client) => (await client.query(sql)).rows);
}
