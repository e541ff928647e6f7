import { chmod, cp, lchown, lstat, mkdir, readlink, realpath, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { locate } from '../../../src/postgres/embedded/location.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { acquire, query } from './users.js';

const isRoot = process.getuid?.() === 0;

/** A checkout's `.tenantctl`, below a directory that only its owner may enter. */
async function privateCheckout(): Promise<{ root: string; directory: string }> {
  const root = await temporaryDirectory({ mode: 0o700 });
  const directory = path.join(root, 'checkout', '.tenantctl');
  await mkdir(directory, { recursive: true });
  onTestFinished(async () => {
    const home = await realpath(path.join(directory, 'postgres')).catch(() => undefined);
    if (home) await rm(home, { recursive: true });
  });
  return { root, directory };
}

describe('the home of the embedded server', () => {
  it('is in the checkout where the account that runs it can enter', async () => {
    const directory = await temporaryDirectory();
    const { home, account } = await locate(directory);
    expect(home).toBe(path.join(directory, 'postgres'));
    expect((await lstat(home)).isDirectory()).toBe(true);
    expect(account === undefined).toBe(!isRoot);
    expect(account?.uid).not.toBe(0);
  });

  it('serves a checkout that only its owner may enter', async () => {
    const { directory } = await privateCheckout();
    const server = await acquire(directory);
    await query(server, 'CREATE TABLE kept AS SELECT 1 AS n');
    await server.release();
    const again = await acquire(directory);
    expect(await query(again, 'SELECT n FROM kept')).toEqual([{ n: 1 }]);
    await again.release();
  });
});

if (isRoot) {
  describe('for root, in a checkout that the account of the server cannot enter', () => {
    it('is a directory of root beyond it, named by a link, and found again', async () => {
      const { directory } = await privateCheckout();
      const { home } = await locate(directory);
      expect(await readlink(path.join(directory, 'postgres'))).toBe(home);
      const { uid, mode } = await lstat(home);
      expect({ uid, mode: mode & 0o777 }).toEqual({ uid: 0, mode: 0o755 });
      expect((await locate(directory)).home).toBe(home);
    });

    it('is one for two who come at the same moment', async () => {
      const { directory } = await privateCheckout();
      const homes = await Promise.all([locate(directory), locate(directory), locate(directory)]);
      expect(new Set(homes.map(({ home }) => home)).size).toBe(1);
    });

    it('goes with a checkout that is moved, and is not shared with a copy', async () => {
      const { root, directory } = await privateCheckout();
      const { home } = await locate(directory);
      const copied = path.join(root, 'copy', '.tenantctl');
      await cp(directory, copied, { recursive: true, verbatimSymlinks: true });
      const copy = await locate(copied);
      onTestFinished(() => rm(copy.home, { recursive: true }));
      expect(copy.home).not.toBe(home);

      const moved = path.join(root, 'moved');
      await rename(path.dirname(directory), moved);
      expect((await locate(path.join(moved, '.tenantctl'))).home).toBe(home);
      await rename(moved, path.dirname(directory));
      expect((await locate(directory)).home).toBe(home);
    });

    it('is made anew where it was cleared away, or is not root’s any more', async () => {
      const { directory } = await privateCheckout();
      const first = await locate(directory);
      await rm(first.home, { recursive: true });
      const second = await locate(directory);
      expect(second.home).not.toBe(first.home);
      const { account } = second;
      if (!account) throw new Error('root always runs the server as another account');
      await lchown(second.home, account.uid, account.gid);
      onTestFinished(() => rm(second.home, { recursive: true }));
      expect((await locate(directory)).home).not.toBe(second.home);
    });
  });

  it('refuses a home in the checkout that the account may not enter any more', async () => {
    const root = await temporaryDirectory();
    await locate(path.join(root, '.tenantctl'));
    await chmod(root, 0o700);
    await expect(locate(path.join(root, '.tenantctl'))).rejects.toMatchObject({ code: 'EMBEDDED_NOT_YOURS' });
  });
} else {
  it('refuses a home of another user', async () => {
    const directory = await temporaryDirectory();
    const { home } = await locate(directory);
    await chmod(home, 0o500);
    await expect(locate(directory)).rejects.toMatchObject({ kind: 'usage', code: 'EMBEDDED_NOT_YOURS' });
    await chmod(home, 0o700);
  });
}
