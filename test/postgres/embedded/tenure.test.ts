import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryDirectory } from '../../support/temporary.js';
import { acquire, clusterOf, otherUser, query, running, stopWhateverRuns } from './users.js';

describe('processes that share it', () => {
  it('meet on one server when they come at the same moment, and the last one stops it', async () => {
    const directory = await temporaryDirectory();
    onTestFinished(() => stopWhateverRuns(directory));
    const users = [otherUser(directory), otherUser(directory), otherUser(directory)];
    const ports = await Promise.all(users.map(({ port }) => port));
    expect(new Set(ports).size).toBe(1);
    for (const user of users) {
      expect((await running(directory))?.port).toBe(ports[0]);
      await user.leave();
    }
    expect(await running(directory)).toBeUndefined();
    // Neither a draft of the data directory nor anything else of the race remains.
    expect(readdirSync(path.join(directory, 'postgres')).sort()).toEqual(['cluster', 'server.log']);
  });

  it('keep it through the end of the one that started it', async () => {
    const directory = await temporaryDirectory();
    const starter = otherUser(directory);
    await starter.port;
    const server = await acquire(directory);
    await starter.leave();
    expect(await query(server, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
    await server.release();
    expect(await running(directory)).toBeUndefined();
  });

  it('get a server even when the last user stops it just as they come', async () => {
    const directory = await temporaryDirectory();
    for (let round = 0; round < 5; round += 1) {
      const leaving = await acquire(directory);
      const [coming] = await Promise.all([acquire(directory), leaving.release()]);
      expect(await query(coming, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
      await coming.release();
    }
  });
});

describe('after a kill', () => {
  it('of the process that used it, the server is used by the next one, who stops it', async () => {
    const directory = await temporaryDirectory();
    const killed = otherUser(directory);
    const port = await killed.port;
    killed.child.kill('SIGKILL');
    await new Promise((resolve) => killed.child.once('close', resolve));
    expect((await running(directory))?.port).toBe(port);
    const next = await acquire(directory);
    expect(next.port).toBe(port);
    await next.release();
    expect(await running(directory)).toBeUndefined();
  });

  it('of the server, the next one starts it with all that was committed', async () => {
    const directory = await temporaryDirectory();
    const server = await acquire(directory);
    await query(server, 'CREATE TABLE kept AS SELECT 1 AS n');
    process.kill((await running(directory))?.pid ?? Number.NaN, 'SIGKILL');
    const next = await acquire(directory);
    expect(await query(next, 'SELECT n FROM kept')).toEqual([{ n: 1 }]);
    await server.release();
    expect(await query(next, 'SELECT n FROM kept')).toEqual([{ n: 1 }]);
    await next.release();
    expect(await running(directory)).toBeUndefined();
  });

  it('of the machine, a pid file that now names another living process is no obstacle', async () => {
    const directory = await temporaryDirectory();
    await (await acquire(directory)).release();
    const pidFile = path.join(clusterOf(directory).directory, 'data', 'postmaster.pid');
    const owner = await stat(path.dirname(pidFile));
    // Only a process of the same user makes PostgreSQL refuse.
    const account = process.getuid?.() === 0 ? { uid: owner.uid, gid: owner.gid } : {};
    const other = spawn('sleep', ['60'], account);
    onTestFinished(() => void other.kill());
    await writeFile(
      pidFile,
      `${other.pid}\n${path.dirname(pidFile)}\n1\n54321\n\n127.0.0.1\n  1  2\nready   \n`,
    );
    const server = await acquire(directory);
    expect(await query(server, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
    await server.release();
  });

  it('at any moment of the first start, the next one succeeds and clears up', async () => {
    const directory = await temporaryDirectory();
    onTestFinished(() => stopWhateverRuns(directory));
    for (const afterMs of [350, 450, 600]) {
      const { child, port } = otherUser(directory);
      port.catch(() => undefined);
      await sleep(afterMs);
      child.kill('SIGKILL');
    }
    const server = await acquire(directory);
    expect(await query(server, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
    await server.release();
    expect(await running(directory)).toBeUndefined();
  });
});
