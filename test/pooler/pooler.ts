import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { serverUrl } from '../support/database.js';
import { urlFor, withClient } from '../support/server.js';
import { temporaryDirectory } from '../support/temporary.js';

/** Debian's package `pgbouncer`. */
const PROGRAM = '/usr/sbin/pgbouncer';
/** It refuses to run as root; Debian's nobody. */
const NOBODY = 65534;

export type PoolMode = 'session' | 'transaction' | 'statement';

/**
 * Starts a PgBouncer in front of this worker's server, for one test.
 *
 * @returns the URL of a database through it
 */
export async function startPooler(
  mode: PoolMode,
  options: { poolSize?: number } = {},
): Promise<(database: string) => string> {
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is missing: apt-get install pgbouncer`);
  const server = new URL(serverUrl());
  const port = await freePort();
  const file = path.join(await temporaryDirectory(), 'pgbouncer.ini');
  const target = `host=${server.hostname} port=${server.port} user=${server.username} password=${server.password}`;
  await writeFile(
    file,
    `[databases]
* = ${target}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = ${mode}
default_pool_size = ${options.poolSize ?? 5}
ignore_startup_parameters = extra_float_digits
`,
  );
  const account = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const child = spawn(PROGRAM, [file], { stdio: 'ignore', ...account });
  const ended = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGINT');
    const patience = setTimeout(() => child.kill('SIGKILL'), 2_000);
    await ended;
    clearTimeout(patience);
  });
  const through = (database: string) => urlFor(`postgresql://pooled@127.0.0.1:${port}/postgres`, database);
  await untilAnswering(through('postgres'), child);
  return through;
}

async function untilAnswering(url: string, child: { exitCode: number | null }): Promise<void> {
  for (;;) {
    try {
      await withClient(url, (client) => client.query('select 1'));
      return;
    } catch (error) {
      if (child.exitCode !== null) throw error;
      await sleep(50);
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
