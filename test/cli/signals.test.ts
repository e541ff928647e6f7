import { describe, expect, it } from 'vitest';
import { finished, spawnCli } from '../support/cli.js';
import { useTestDatabase } from '../support/database.js';

const db = useTestDatabase({ template: 'booking' });

/** Starts `status` while its table is locked, and waits until the server has it waiting. */
async function startBlocked(args: string[] = []) {
  const blocker = await db.client();
  await blocker.query('begin; lock table knex_migrations in access exclusive mode');
  const child = spawnCli(['status', ...args], { env: { DATABASE_URL: db.url } });
  const done = finished(child);
  const waiting = () =>
    db.query(
      `select from pg_stat_activity
        where datname = current_database() and application_name = 'tenantctl/status' and wait_event_type = 'Lock'`,
    );
  await expect.poll(waiting, { timeout: 10_000 }).toHaveLength(1);
  return { child, done, waiting, release: () => blocker.query('rollback') };
}

describe.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s', (signal, code) => {
  it(`cancels the statement that runs and exits with ${code}`, async () => {
    const { child, done, waiting, release } = await startBlocked();
    child.kill(signal);
    const { exitCode, stdout, stderr } = await done;
    expect({ exitCode, stdout }).toEqual({ exitCode: code, stdout: '' });
    expect(stderr).toContain('Stopped by a signal');
    expect(await waiting()).toEqual([]);
    await release();
  });

  it('is said in the JSON document, too; a second one changes nothing', async () => {
    const { child, done, release } = await startBlocked(['--json']);
    child.kill(signal);
    child.kill(signal);
    const { exitCode, stdout } = await done;
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ version: 1, command: 'status', exitCode: code },
      target: { database: db.name },
      error: { code: 'INTERRUPTED' },
    });
    expect(exitCode).toBe(code);
    await release();
  });
});
