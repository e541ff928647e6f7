import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { migrate } from '../../src/migrator/migrate.js';
import { startClusters } from '../support/clusters.js';
import { databaseAt } from '../support/connect.js';
import { withClient } from '../support/server.js';
import { temporaryDirectory } from '../support/temporary.js';

/** Small, so that nothing but a commit that waits writes the log to disk. */
const insert = (value: number) => `-- migrate:up\ninsert into t values (${value});`;

interface Server {
  url: string;
  /** The pid of the process that writes the log to disk for those who do not wait for it. */
  walWriter: number;
}

/** A server that leaves in memory what no commit waits for: nobody else writes it to disk. */
async function server(): Promise<Server> {
  const { urls, stop } = await startClusters(1, {
    settings: { fsync: 'off', full_page_writes: 'off', bgwriter_lru_maxpages: '0', autovacuum: 'off' },
  });
  onTestFinished(stop);
  const [url] = urls;
  if (url === undefined) throw new Error('no server was started');
  const walWriter = await walWriterOf(url);
  process.kill(walWriter, 'SIGSTOP');
  return { url, walWriter };
}

/** It is begun as soon as the server takes connections, and on a busy machine not yet there for the first of them. */
async function walWriterOf(url: string): Promise<number> {
  return withClient(url, async (client) => {
    for (;;) {
      const { rows } = await client.query<{ pid: number }>(
        `select pid from pg_stat_activity where backend_type = 'walwriter'`,
      );
      if (rows[0]) return rows[0].pid;
      await sleep(20);
    }
  });
}

/** Kills one of its processes, upon which the server forgets all that is in memory, and recovers from what is on disk. */
async function crash({ url, walWriter }: Server, before: string): Promise<void> {
  await withClient(url, async (client) => {
    client.on('error', () => {});
    await client.query(`set synchronous_commit = off; ${before}`);
    process.kill(walWriter, 'SIGKILL');
  }).catch(() => {});
}

async function valuesOf(url: string): Promise<number[]> {
  for (let left = 100; ; left -= 1) {
    try {
      return await withClient(url, async (client) => {
        const { rows } = await client.query<{ n: number }>('select n from t order by n');
        return rows.map(({ n }) => n);
      });
    } catch (error) {
      if (left === 0) throw error;
      await sleep(100);
    }
  }
}

it.each([
  ['is over', {}, [1, 2, 3]],
  ['has failed', { '3_c.sql': '-- migrate:up\nselect nope;' }, [1, 2]],
  [
    'has failed in a file outside a transaction that had set otherwise',
    { '3_c.sql': '-- migrate:up transaction:false\nset synchronous_commit = off;\nselect nope;' },
    [1, 2],
  ],
])('what was applied outlives a crash of the server as soon as the run %s', async (_, files, kept) => {
  const running = await server();
  const { url } = running;
  await withClient(url, (client) => client.query('create table t (n int)'));
  const directory = await temporaryDirectory();
  const all = { '1_a.sql': insert(1), '2_b.sql': insert(2), '3_c.sql': insert(3), ...files };
  for (const [name, text] of Object.entries(all)) await writeFile(path.join(directory, name), text);
  const migrations = { directories: [directory], tableName: 'knex_migrations', schemaName: undefined };
  const run = async () =>
    migrate(await databaseAt(url), { migrations, lockWaitMs: 10_000, onEvent: () => {} });
  await run().catch((error: unknown) => expect(error).toMatchObject({ sql: { sqlstate: '42703' } }));
  // What nobody waits for is lost by the same crash.
  await crash(running, 'insert into t values (99)');
  expect(await valuesOf(url)).toEqual(kept);
});
