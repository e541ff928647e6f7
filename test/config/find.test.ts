import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CONFIG_NAMES, findConfig } from '../../src/config/find.js';

let top: string;
beforeEach(async () => {
  top = await mkdtemp(path.join(tmpdir(), 'find-config-'));
  await mkdir(path.join(top, 'a/b'), { recursive: true });
});
afterEach(() => rm(top, { recursive: true }));

it('finds the nearest configuration, from the directory itself upwards', async () => {
  expect(await findConfig(path.join(top, 'a/b'))).toBeUndefined();
  await writeFile(path.join(top, 'tenantctl.config.json'), '{}');
  expect(await findConfig(path.join(top, 'a/b'))).toBe(path.join(top, 'tenantctl.config.json'));
  await writeFile(path.join(top, 'a/tenantctl.config.mjs'), '');
  expect(await findConfig(path.join(top, 'a/b'))).toBe(path.join(top, 'a/tenantctl.config.mjs'));
});

it('knows six names, TypeScript first', async () => {
  expect(CONFIG_NAMES).toHaveLength(6);
  for (const name of [...CONFIG_NAMES].reverse()) {
    await writeFile(path.join(top, name), '');
    expect(await findConfig(top)).toBe(path.join(top, name));
  }
});
