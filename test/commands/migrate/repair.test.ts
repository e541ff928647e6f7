import { expect, it } from 'vitest';
import { checkout, documentOf } from '../fixture.js';

const files = { 'migrations/1_a.sql': '-- migrate:up\nselect 1;' };

it('accepts an edited file, with a reason', async () => {
  const c = await checkout(files);
  await c.apply();
  await c.write({ 'migrations/1_a.sql': '-- migrate:up\nselect 1; -- one' });
  expect((await c.run('migrate')).exitCode).toBe(3);
  const dry = await c.run('migrate', 'repair', '--accept', '1_a', '--reason', 'a comment', '--dry-run');
  expect(dry.stdout).toContain(
    'Would record 1_a.sql: it was changed, and counts as applied; nothing was changed.',
  );
  const { exitCode, stdout } = await c.run('migrate', 'repair', '--accept', '1_a', '--reason', 'a comment');
  expect({ exitCode, stdout }).toEqual({
    ...{
      exitCode: 0,
      stdout: 'Recorded 1_a.sql: it was changed, and counts as applied. Reason: a comment\n',
    },
  });
  expect((await c.run('status', '--check')).exitCode).toBe(0);
});

it.each([
  [['--accept', '1_a'], /Missing required flag --reason/],
  [['--reason', 'x'], /Exactly one/],
  [['--accept', '1_a', '--pending', '1_a', '--reason', 'x'], /Exactly one|cannot also be provided/],
])('%j: 2', async (args, message) => {
  const c = await checkout(files);
  const document = documentOf(await c.run('migrate', 'repair', ...args, '--json'));
  expect(document).toMatchObject({ exitCode: 2, error: { message: expect.stringMatching(message) } });
});
