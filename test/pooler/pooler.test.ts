import { describe, expect, it } from 'vitest';
import { migrate } from '../../src/migrator/migrate.js';
import { isPooled } from '../../src/postgres/connect.js';
import { refuseTransactionPooler } from '../../src/postgres/pooler.js';
import { failure, outside, project } from '../migrator/fixture.js';
import { runCli } from '../support/cli.js';
import { databaseAt } from '../support/connect.js';
import { useTestDatabase } from '../support/database.js';
import { startPooler } from './pooler.js';

const db = useTestDatabase();

async function detect(url: string): Promise<void> {
  const database = await databaseAt(url);
  await database.connect((client) => refuseTransactionPooler(database, client));
}

describe('a PgBouncer', () => {
  it.each([
    ['transaction', 5],
    ['transaction', 1],
    ['statement', 5],
  ] as const)('in %s mode with %i sessions is refused, with the remedy', async (mode, poolSize) => {
    const through = await startPooler(mode, { poolSize });
    for (let round = 0; round < 3; round += 1) {
      const error = await failure(detect(through(db.name)));
      expect(error).toMatchObject({ kind: 'usage', code: 'POOLED' });
      expect(error.hint).toMatch(/DIRECT_DATABASE_URL=.*--direct-url/s);
    }
  });

  it('in transaction mode is refused while others use it, too', async () => {
    const through = await startPooler('transaction');
    const database = await databaseAt(through(db.name));
    let over = false;
    const traffic = Array.from({ length: 4 }, () =>
      database.connect(async (client) => {
        while (!over) await client.query('select pg_sleep(0.002)');
      }),
    );
    for (let round = 0; round < 10; round += 1) {
      expect(await failure(detect(through(db.name)))).toMatchObject({ code: 'POOLED' });
    }
    over = true;
    await Promise.all(traffic);
  });

  it.each([5, 1])('in session mode with %i sessions is as good as none', async (poolSize) => {
    const through = await startPooler('session', { poolSize });
    const p = await project({
      '1_a.sql': '-- migrate:up\ncreate table a ();',
      '2_i.ts': outside(['create table b ()']),
    });
    const url = through(p.db.name);
    await (await databaseAt(url)).connect(async (client) => expect(isPooled(client)).toBe(true));
    const migrations = { directories: [p.directory], tableName: 'knex_migrations', schemaName: undefined };
    const options = { migrations, lockWaitMs: 1_000, onEvent: () => {} };
    expect((await migrate(await databaseAt(url), options)).applied).toHaveLength(2);
  });

  it('in session mode lets a running statement be cancelled', async () => {
    const through = await startPooler('session');
    const controller = new AbortController();
    const database = await databaseAt(through(db.name), { signal: controller.signal });
    const sleeping = database.connect((client) => client.query('select pg_sleep(30)'));
    setTimeout(() => controller.abort(), 300);
    await expect(sleeping).rejects.toMatchObject({ code: '57014' });
  });
});

it('no pooler is none', async () => {
  const database = await databaseAt(db.url);
  await database.connect(async (client) => {
    expect(isPooled(client)).toBe(false);
    await refuseTransactionPooler(database, client);
  });
});

it('migrate stops with 2 behind one in transaction mode, and works past it by DIRECT_DATABASE_URL', async () => {
  const through = await startPooler('transaction');
  const pooled = { DATABASE_URL: through(db.name) };
  const { exitCode, stderr } = await runCli(['migrate'], { env: pooled });
  expect(exitCode).toBe(2);
  expect(stderr).toContain('a pooler in transaction mode');
  expect(stderr).toContain('--direct-url');
  expect(await db.query("select from pg_locks where locktype = 'advisory'")).toEqual([]);
  const past = await runCli(['migrate'], { env: { ...pooled, DIRECT_DATABASE_URL: db.url } });
  expect(past).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('(from DIRECT_DATABASE_URL)') });
  for (const args of [['seed'], ['backfill-tenant'], ['create-app-role', '--generate-password']]) {
    const refused = await runCli(args, { env: pooled });
    expect({ args, exitCode: refused.exitCode }).toEqual({ args, exitCode: 2 });
    expect(refused.stderr).toContain('a pooler in transaction mode');
    const direct = await runCli([...args, '--dry-run', '--json'], {
      env: { ...pooled, DIRECT_DATABASE_URL: db.url },
    });
    expect(JSON.parse(direct.stdout)).toMatchObject({
      exitCode: 0,
      target: { source: 'DIRECT_DATABASE_URL' },
    });
  }
  // Reading is content with the pooler.
  expect((await runCli(['status', '--check'], { env: pooled })).exitCode).toBe(0);
  const again = await runCli(['migrate', '--direct-url', db.url], { env: pooled });
  expect(again).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('(from --direct-url)') });
});
