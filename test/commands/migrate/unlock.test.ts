import { expect, it } from 'vitest';
import { finished } from '../../support/cli.js';
import { checkout, documentOf, untilRunning } from '../fixture.js';

it('names its victim, and needs --yes where there is no terminal', async () => {
  const c = await checkout({ 'migrations/1_x.sql': '-- migrate:up\nselect pg_sleep(60);' });
  const ended = finished(c.spawn('migrate'));
  await untilRunning(c.db, 'pg_sleep');
  const refused = await c.run('migrate', 'unlock');
  expect(refused.exitCode).toBe(2);
  expect(refused.stderr).toMatch(
    /ends pid \d+ \(tenantctl\/migrate from .*pg_sleep.*\), which holds a lock\n/,
  );
  expect(refused.stderr).toMatch(/Cannot unlock without being told to: .*\nTry: --yes/);
  const dry = await c.run('migrate', 'unlock', '--dry-run');
  expect(dry.stdout).toMatch(
    /^To be unlocked in .*ends pid \d+ .*clears knex's lock, is_locked = 1\nNothing was changed\.\n$/s,
  );
  const { exitCode, stdout } = await c.run('migrate', 'unlock', '--yes');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^Unlocked in .*: ended pid \d+ .*, cleared knex's lock\.\n$/);
  expect((await ended).exitCode).toBe(69);
  const nothing = await c.run('migrate', 'unlock');
  expect(nothing).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^Nothing is locked in /) });
});

it('leaves alone whoever may have set the lock of knex', async () => {
  const c = await checkout({ 'migrations/1_a.sql': '-- migrate:up\nselect 1;' });
  await c.apply();
  await c.db.query('update knex_migrations_lock set is_locked = 1');
  const other = await c.db.client();
  await other.query("set application_name = 'deploy'");
  const document = documentOf(await c.run('migrate', 'unlock', '--yes', '--json'));
  expect(document).toMatchObject({ exitCode: 0, holders: [], knexLocked: true });
  expect(document.suspects).toContainEqual(expect.objectContaining({ application: 'deploy' }));
  await other.query('select 1');
});
