import { expect, it } from 'vitest';
import { checkout, documentOf } from '../fixture.js';

const files = {
  'migrations/1_a.sql': '-- migrate:up\ncreate table a ();',
  'migrations/2_b.sql': '-- migrate:up\ncreate table b ();',
};

it('records what the database has, and says what is pending then', async () => {
  const c = await checkout(files);
  await c.db.query('create table a ()');
  const dry = await c.run('migrate', 'baseline', '--to', '1_a', '--dry-run');
  expect(dry.stdout).toMatch(/^Would record 1 as applied in .*; nothing was changed:/);
  const { exitCode, stdout } = await c.run('migrate', 'baseline', '--to', '1_a');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(
    /^Recorded 1 as applied in .*, without running them:\n migration +batch\n 1_a\.sql +1\n1 pending\.\n$/,
  );
  expect((await c.run('migrate', 'baseline', '--to', '1_a')).stdout).toMatch(/^Nothing to record in /);
  expect((await c.run('migrate')).exitCode).toBe(0);
});

it('needs --to', async () => {
  const c = await checkout(files);
  expect(documentOf(await c.run('migrate', 'baseline', '--json'))).toMatchObject({
    ...{ exitCode: 2, command: 'migrate baseline', error: { code: 'USAGE' } },
  });
});
