import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { documents } from '../../src/report/documents/index.js';
import { BEFORE, NORTE } from '../backfill/fixture.js';
import { finished, runCli, spawnCli } from '../support/cli.js';
import { createLogin, createTestDatabase, type TestDatabase } from '../support/database.js';
import { temporaryDirectory } from '../support/temporary.js';

const databases: TestDatabase[] = [];
afterEach(async () => {
  for (const database of databases.splice(0)) await database.drop();
});

interface Project {
  database: TestDatabase;
  cwd: string;
  env: Record<string, string>;
}

async function project(sql: string): Promise<Project> {
  const database = await createTestDatabase();
  databases.push(database);
  await database.query(sql);
  const cwd = await temporaryDirectory();
  const tenancy = {
    root: 'organizations',
    column: 'organization_id',
    context: { setting: 'app.organization_id' },
  };
  await writeFile(path.join(cwd, 'tenantctl.config.json'), JSON.stringify({ tenancy }));
  return { database, cwd, env: { DATABASE_URL: database.url } };
}

const PEOPLE = `
  INSERT INTO users SELECT i, NULL, 'user' || i FROM generate_series(1, 30) i;
  INSERT INTO posts SELECT i, 1 + i % 30, 'post' FROM generate_series(1, 60) i;
  INSERT INTO likes SELECT 1 + i % 30, i FROM generate_series(1, 60) i;`;

/** Enough rows to be in the middle of. */
const many = (rows: number) => `${BEFORE}
  INSERT INTO users SELECT i, NULL, 'user' || i FROM generate_series(1, ${rows}) i;
  CREATE INDEX ON users (organization_id); ANALYZE users`;

const FILL = ['backfill-tenant', 'users', '--tenant', NORTE, '--batch-size', '500'];

it('the change-over: what cannot be derived is exit 3 with the remedy, which then does it', async () => {
  const { cwd, env } = await project(BEFORE + PEOPLE);
  const plan = await runCli(['backfill-tenant', '--dry-run'], { cwd, env });
  expect(plan.exitCode).toBe(0);
  expect(plan.stdout).toContain('posts.user_id → users.organization_id');
  const stopped = await runCli(['backfill-tenant'], { cwd, env });
  expect(stopped.exitCode).toBe(3);
  expect(stopped.stdout).toContain('Try: tenantctl backfill-tenant users --tenant VALUE');
  expect(stopped.stdout).toContain(
    'posts: 60 rows left: what is referred to has no tenant itself (id=1, id=2, id=3',
  );
  const users = await runCli(['backfill-tenant', 'users', '--tenant', NORTE], { cwd, env });
  expect(users.exitCode).toBe(0);
  const rest = await runCli(['backfill-tenant', 'posts', 'likes', '--json'], { cwd, env });
  const document = documents['backfill-tenant'].parse(JSON.parse(rest.stdout));
  expect(document).toMatchObject({
    exitCode: 0,
    tables: [
      { name: 'posts', updated: 60, remaining: 0, sources: ['posts.user_id → users.organization_id'] },
      { name: 'likes', updated: 60, remaining: 0 },
    ],
  });
  const again = await runCli(['backfill-tenant'], { cwd, env });
  expect(again).toMatchObject({ exitCode: 0, stdout: 'Nothing to do: every row has its tenant.\n' });
});

it('says what a person needs to know of rows that are left, and what comes next for a new column', async () => {
  const { cwd, env } = await project(`${BEFORE} ${PEOPLE} UPDATE users SET organization_id = '${NORTE}';
    CREATE TABLE notes (id int PRIMARY KEY, user_id bigint REFERENCES users);
    INSERT INTO notes VALUES (1, 1), (2, NULL)`);
  const { exitCode, stdout } = await runCli(['backfill-tenant', 'posts', 'notes'], { cwd, env });
  expect(exitCode).toBe(3);
  expect(stdout).toContain('Not done: 1 row could not be filled.');
  expect(stdout).toContain('notes: 1 row left: nothing is referred to that leads to a tenant (id=2).');
  expect(stdout).toContain('ALTER TABLE "public"."posts" ALTER COLUMN "organization_id" SET NOT NULL;');
  const [, next = ''] =
    /\nNext for posts, in a migration outside a transaction:\n((?: {4}.*\n)+)/.exec(stdout) ?? [];
  await mkdir(path.join(cwd, 'migrations'));
  await writeFile(
    path.join(cwd, 'migrations/1_next.sql'),
    `-- migrate:up transaction:false\n${next}-- migrate:down\nSELECT 1;\n`,
  );
  expect(await runCli(['migrate', '--lint', 'error'], { cwd, env })).toMatchObject({ exitCode: 0 });
});

it('names what is wrong: tenant, table, privilege, flags', async () => {
  const { cwd, env, database } = await project(BEFORE + PEOPLE);
  const plain = await createLogin(database, 'plain');
  for (const [args, exitCode, text, url] of [
    [['users', '--tenant', 'acme'], 2, `${NORTE} (norte)`],
    [['user'], 2, 'did you mean: users'],
    [['--batch-size', '0'], 2, '--batch-size'],
    [['users'], 77, 'permission denied', plain.url],
  ] as const) {
    const run = await runCli(['backfill-tenant', ...args], {
      cwd,
      env: { ...env, ...(url && { DATABASE_URL: url }) },
    });
    expect(run.stderr, args.join(' ')).toContain(text);
    expect(run.exitCode, args.join(' ')).toBe(exitCode);
  }
  const json = await runCli(['backfill-tenant', 'user', '--json'], { cwd, env });
  expect(documents['backfill-tenant'].parse(JSON.parse(json.stdout))).toMatchObject({
    ...{ exitCode: 2, error: { code: 'NO_SUCH_TABLE' } },
  });
});

it.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)(
  '%s stops it between two checkpoints with exit %i, and the next run goes on',
  async (name, code) => {
    const { cwd, env, database } = await project(many(50_000));
    const child = spawnCli([...FILL, '--log-format', 'json'], { cwd, env });
    killInTheMiddle(child, name);
    const stopped = await finished(child);
    expect(stopped.exitCode).toBe(code);
    expect(stopped.stderr).toContain('run the same command again');
    await expectResumed({ database, cwd, env }, 50_000);
  },
  60_000,
);

it('SIGKILL in the middle loses nothing: the next run goes on, and no other column has changed', async () => {
  const { cwd, env, database } = await project(many(200_000));
  const before = await checksum(database);
  const child = spawnCli([...FILL, '--log-format', 'json'], { cwd, env });
  killInTheMiddle(child, 'SIGKILL');
  expect(await finished(child)).toMatchObject({ signal: 'SIGKILL' });
  await expectResumed({ database, cwd, env }, 200_000);
  expect(await checksum(database)).toEqual(before);
}, 60_000);

/** Once, after the first batch. */
function killInTheMiddle(child: ReturnType<typeof spawnCli>, name: NodeJS.Signals): void {
  const listen = (data: Buffer | string) => {
    if (!String(data).includes('"progress"')) return;
    child.stderr.off('data', listen);
    child.kill(name);
  };
  child.stderr.on('data', listen);
}

/** Runs it again, and expects that it goes on from where it was. */
async function expectResumed({ database, cwd, env }: Project, rows: number): Promise<void> {
  const [state] = await database.query<{ filled: number; recorded: number }>(
    `SELECT (SELECT count(*)::int FROM users WHERE organization_id IS NOT NULL) AS filled,
            (SELECT updated::int FROM tenantctl.backfill_run) AS recorded`,
  );
  expect(state?.filled).toBe(state?.recorded);
  expect(state?.filled).toBeGreaterThan(0);
  expect(state?.filled).toBeLessThan(rows);
  const { exitCode, stdout } = await runCli([...FILL, '--json'], { cwd, env });
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout).tables[0]).toMatchObject({ scanned: rows, updated: rows, remaining: 0 });
  expect(await database.query('SELECT FROM tenantctl.backfill_run')).toHaveLength(1);
}

async function checksum(database: TestDatabase): Promise<unknown> {
  return database.query(
    `SELECT count(*)::int AS rows, sum(hashtextextended((to_jsonb(u) - 'organization_id')::text, 0)) AS hash FROM users u`,
  );
}
