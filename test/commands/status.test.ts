import { rm } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { checkout, documentOf } from './fixture.js';

const files = {
  'migrations/1_a.sql': '-- migrate:up\nselect 1;',
  'migrations/2_b.sql': '-- migrate:up\nselect 2;',
};

it('names database, server, role and transport, and each migration with its state', async () => {
  const c = await checkout(files);
  await c.apply('1_a');
  const { exitCode, stdout, stderr } = await c.run('status');
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout).toMatch(new RegExp(`^Database: ${c.db.name} at \\S+ \\(from DATABASE_URL\\)\n`));
  expect(stdout).toMatch(/\nServer: PostgreSQL \d.*, as \S+, a superuser; sslmode=prefer, not encrypted\n/);
  expect(stdout).toMatch(/\n 1_a\.sql +applied +1\n 2_b\.sql +pending\n/);
  expect(stdout).toMatch(
    /\n1 applied \(the last in batch 1 on \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ\), 1 pending\.\nNo drift: the schema is as migrate left it on .*Z\.\n$/,
  );
});

it('--check exits with 3 for a pending or a missing file, and 0 where all is there', async () => {
  const c = await checkout(files);
  expect(documentOf(await c.run('status', '--check', '--json'))).toMatchObject({
    exitCode: 3,
    pending: ['1_a.sql', '2_b.sql'],
  });
  await c.apply();
  expect((await c.run('status', '--check')).exitCode).toBe(0);
  await rm(path.join(c.directory, 'migrations/1_a.sql'));
  expect((await c.run('status')).exitCode).toBe(0);
  const { exitCode, stdout } = await c.run('status', '--check');
  expect(exitCode).toBe(3);
  expect(stdout).toMatch(/1_a\.sql +missing +1/);
  expect(stdout).toContain('Warning: migrate refuses while applied files are missing.');
});
