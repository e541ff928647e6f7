import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { placeInRepository } from '../../src/report/place.js';
import { temporaryDirectory } from '../support/temporary.js';

it('is the path from the root of the repository', async () => {
  const root = await temporaryDirectory();
  const file = path.join(root, 'apps', 'shop', 'tenantctl.config.ts');
  expect(placeInRepository(file)).toBe('tenantctl.config.ts');
  await mkdir(path.join(root, '.git'));
  expect(placeInRepository(file)).toBe('apps/shop/tenantctl.config.ts');
});

it('is so in a worktree, where .git is a file', async () => {
  const root = await temporaryDirectory();
  await writeFile(path.join(root, '.git'), 'gitdir: elsewhere');
  expect(placeInRepository(path.join(root, 'checks', 'a.sql'))).toBe('checks/a.sql');
});
