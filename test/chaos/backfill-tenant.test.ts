import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { BEFORE, NORTE, SUR } from '../backfill/fixture.js';
import { finished, runCli, spawnCli } from '../support/cli.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { temporaryDirectory } from '../support/temporary.js';
import { randomFrom } from './random.js';

const SEED = Number(process.env.CHAOS_SEED ?? Math.floor(Math.random() * 2 ** 31));
const KILLS = Number(process.env.CHAOS_RUNS ?? 25);
const ROWS = 200_000;

/** Users of two organizations, and rows that follow them by one way, two ways that agree, and two that do not. */
const SCHEMA = `${BEFORE}
  INSERT INTO users SELECT i, CASE WHEN i % 2 = 0 THEN '${NORTE}'::uuid ELSE '${SUR}' END, 'u' || i
    FROM generate_series(1, 1000) i;
  INSERT INTO posts SELECT i, 1 + i % 1000, 'post ' || i FROM generate_series(1, ${ROWS}) i;
  INSERT INTO likes SELECT CASE WHEN i % 100 = 0 THEN 1 + (i + 1) % 1000 ELSE 1 + i % 1000 END, i, i / 7.0
    FROM generate_series(1, ${ROWS}) i`;

it(`backfill-tenant killed ${KILLS} times fills what can be filled and changes nothing else (CHAOS_SEED=${SEED})`, async () => {
  const database = await createTestDatabase();
  try {
    await database.query(SCHEMA);
    const before = await checksum(database);
    const cwd = await temporaryDirectory();
    const tenancy = {
      root: 'organizations',
      column: 'organization_id',
      context: { setting: 'app.organization_id' },
    };
    await writeFile(path.join(cwd, 'tenantctl.config.json'), JSON.stringify({ tenancy }));
    const env = { DATABASE_URL: database.url };
    const args = ['backfill-tenant', 'posts', 'likes', '--batch-size', '400', '--json'];
    const random = randomFrom(SEED);
    const filled: number[] = [];
    for (let kill = 0; kill < KILLS; kill += 1) {
      const child = spawnCli(args, { cwd, env });
      const ended = finished(child);
      await sleep(400 + random() * 1_600);
      child.kill(random() < 0.7 ? 'SIGKILL' : 'SIGTERM');
      await ended;
      filled.push(await filledRows(database));
    }
    process.stdout.write(`rows filled after each kill: ${filled.join(' ')}\n`);
    // What was committed stays.
    expect(filled).toEqual(filled.toSorted((a, b) => a - b));
    const { exitCode, stdout } = await runCli(args, { cwd, env });
    expect(exitCode).toBe(3);
    const { tables } = JSON.parse(stdout);
    expect(tables.at(-1)).toMatchObject({
      name: 'likes',
      left: { conflict: ROWS / 100 },
      remaining: ROWS / 100,
    });
    expect(await checksum(database)).toEqual(before);
    expect(await database.query(WRONG)).toEqual([]);
    expect(await database.query('SELECT count(*)::int AS n FROM tenantctl.backfill_conflict')).toEqual([
      { n: ROWS / 100 },
    ]);
  } finally {
    await database.drop();
  }
});

const WRONG = `
  SELECT 'posts', p.id FROM posts p JOIN users u ON u.id = p.user_id WHERE p.organization_id IS DISTINCT FROM u.organization_id
  UNION ALL
  SELECT 'likes', l.post_id FROM likes l JOIN users u ON u.id = l.user_id JOIN posts p ON p.id = l.post_id
   WHERE l.organization_id IS DISTINCT FROM
     CASE WHEN u.organization_id = p.organization_id THEN u.organization_id END`;

async function filledRows(database: TestDatabase): Promise<number> {
  const rows = async (table: string) => {
    const [{ n } = { n: 0 }] = await database.query<{ n: number }>(
      `SELECT count(*) FILTER (WHERE to_jsonb(t) ->> 'organization_id' IS NOT NULL)::int AS n FROM ${table} t`,
    );
    return n;
  };
  return (await rows('posts')) + (await rows('likes'));
}

async function checksum(database: TestDatabase): Promise<unknown> {
  return database.query(
    `SELECT (SELECT sum(hashtextextended((to_jsonb(p) - 'organization_id')::text, 0)) FROM posts p) AS posts,
            (SELECT sum(hashtextextended((to_jsonb(l) - 'organization_id')::text, 0)) FROM likes l) AS likes`,
  );
}
