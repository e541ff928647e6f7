import { expect, it } from 'vitest';
import { checkout, documentOf } from './fixture.js';

const files = {
  'migrations/1_a.sql': '-- migrate:up\ncreate table a (id int primary key);\n-- migrate:down\ndrop table a;',
  'seeds/1_a.sql': 'insert into a values (1), (2) on conflict do nothing;',
  'seeds/2_a.js': "export const seed = (knex) => knex('a').insert({ id: 3 }).onConflict('id').ignore();",
};

it('runs what is new, and nothing the second time', async () => {
  const c = await checkout(files);
  await c.apply();
  const { exitCode, stdout, stderr } = await c.run('seed');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(
    /^Ran 2 seeds in \S+ at .*:\n seed +why +rows +took\n 1_a\.sql +new +a \+2 +\d+ ms\n 2_a\.js +new +a \+1 +\d+ ms\n$/,
  );
  expect(stderr).toBe('');
  expect((await c.run('seed')).stdout).toMatch(/^Nothing to seed in .*; 2 unchanged\.\n$/);
});

it('runs again after everything was rolled back and applied anew', async () => {
  const c = await checkout(files);
  for (const args of [['migrate'], ['seed'], ['rollback', '--all', '--yes'], ['migrate']])
    await c.run(...args);
  expect(documentOf(await c.run('seed', '--json'))).toMatchObject({
    ran: [
      { name: '1_a.sql', reason: 'a was made anew', tables: [{ table: 'a', inserted: 2 }] },
      { name: '2_a.js', reason: 'a was made anew' },
    ],
  });
});

it('--only and --dry-run', async () => {
  const c = await checkout(files);
  await c.apply();
  expect(documentOf(await c.run('seed', '--only', '2_a', '--dry-run', '--json'))).toMatchObject({
    ...{ dryRun: true, planned: [{ name: '2_a.js', reason: 'new' }], ran: [] },
  });
  expect(documentOf(await c.run('seed', '--only', '2_a', '--json'))).toMatchObject({
    ran: [{ name: '2_a.js' }],
  });
  const { exitCode, stderr } = await c.run('seed', '--only', '3_a');
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(/there are\n {2}1_a\n {2}2_a\n$/);
});

it('a failing seed: 10, and the ones before it stay', async () => {
  const c = await checkout({
    ...files,
    'seeds/2_a.js': "export const seed = (knex) => knex('a').insert({ id: 1 });",
  });
  await c.apply();
  expect(documentOf(await c.run('seed', '--json'))).toMatchObject({
    ...{ exitCode: 10, ran: [{ name: '1_a.sql' }], failed: { name: '2_a.js', left: 'nothing' } },
    error: {
      code: 'STEP_FAILED',
      sql: { sqlstate: '23505', statement: 'insert into "a" ("id") values ($1)' },
    },
  });
});
