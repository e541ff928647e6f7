import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { expect, it } from 'vitest';
import { finished, runCli, spawnCli } from '../support/cli.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { describeSchema } from '../support/schema.js';
import { randomFrom } from './random.js';

const SEED = Number(process.env.CHAOS_SEED ?? Math.floor(Math.random() * 2 ** 31));
const RUNS = Number(process.env.CHAOS_RUNS ?? 50);
/** Process start included. */
const RECOVERY_MS = 5_000;

/** When to kill: so long after the process started, after it connected, or after so many files were applied. */
interface Moment {
  after: 'the start' | 'the connection' | number;
  ms: number;
}

interface Undisturbed {
  startMs: number;
  loadMs: number;
  workMs: number;
  schema: string;
  ledger: string[];
}

it(`kill -9 in the middle of migrate, ${RUNS} times (CHAOS_SEED=${SEED})`, async () => {
  const random = randomFrom(SEED);
  const undisturbed = await withDatabase(runUndisturbed);
  const states = new Map<string, number>();
  let slowest = 0;
  for (let run = 1; run <= RUNS; run += 1) {
    const moment = drawMoment(random, undisturbed);
    await withDatabase(async (db, client) => {
      await killAt(db, client, moment);
      const state = await stateOf(client, undisturbed.ledger.length);
      states.set(state, (states.get(state) ?? 0) + 1);
      const started = performance.now();
      const next = await runCli(['migrate'], { env: { DATABASE_URL: db.url } });
      const recoveryMs = performance.now() - started;
      slowest = Math.max(slowest, recoveryMs);
      const told = `run ${run}, ${moment.ms.toFixed()} ms after ${moment.after}, ${state}:\n${next.stderr}`;
      expect(next.exitCode, told).toBe(0);
      expect(recoveryMs, told).toBeLessThan(await limit(recoveryMs));
      expect(await outcomeOf(client), told).toEqual({
        schema: undisturbed.schema,
        ledger: undisturbed.ledger,
      });
    });
  }
  const lines = [...states].sort().map(([state, count]) => `  ${String(count).padStart(4)}  ${state}\n`);
  process.stdout.write(
    `CHAOS_SEED=${SEED}: ${RUNS} kills; slowest recovery ${slowest.toFixed()} ms\n${lines.join('')}`,
  );
});

function drawMoment(random: () => number, { startMs, loadMs, workMs, ledger }: Undisturbed): Moment {
  const kind = random();
  if (kind < 0.1) return { after: 'the start', ms: random() * startMs };
  if (kind < 0.25) return { after: 'the connection', ms: random() * loadMs };
  const files = ledger.length;
  return { after: Math.floor(random() * files), ms: (random() * 2 * workMs) / files };
}

/** Where the machine is too busy with other work for the limit to mean anything, what a whole run takes just now. */
async function limit(recoveryMs: number): Promise<number> {
  if (recoveryMs < RECOVERY_MS) return RECOVERY_MS;
  const { startMs, loadMs, workMs } = await withDatabase(runUndisturbed);
  return Math.max(RECOVERY_MS, 3 * (startMs + loadMs + workMs));
}

/** Times a run: from its start to its connection, on to its first table, on to its end. */
async function runUndisturbed(db: TestDatabase, client: pg.Client): Promise<Undisturbed> {
  const times = [performance.now()];
  const child = spawnCli(['migrate'], { env: { DATABASE_URL: db.url } });
  const ended = finished(child);
  for (const reached of [connected, () => applied(client, 0)]) {
    await until(() => reached(client), ended);
    times.push(performance.now());
  }
  expect(await ended).toMatchObject({ exitCode: 0 });
  times.push(performance.now());
  const [startMs = 0, loadMs = 0, workMs = 0] = times.slice(1).map((time, at) => time - (times[at] ?? 0));
  return { startMs, loadMs, workMs, ...(await outcomeOf(client)) };
}

async function killAt(db: TestDatabase, client: pg.Client, { after, ms }: Moment): Promise<void> {
  const child = spawnCli(['migrate'], { env: { DATABASE_URL: db.url } });
  const ended = finished(child);
  if (after === 'the connection') await until(() => connected(client), ended);
  else if (after !== 'the start') await until(() => applied(client, after), ended);
  await Promise.race([sleep(ms), ended]);
  child.kill('SIGKILL');
  await ended;
}

async function until(reached: () => Promise<boolean>, ended: Promise<unknown>): Promise<void> {
  let over = false;
  void ended.then(() => {
    over = true;
  });
  while (!over && !(await reached())) await sleep(1);
}

const SESSIONS = `select state from pg_stat_activity
  where datname = current_database() and application_name = 'tenantctl/migrate'`;

async function connected(client: pg.Client): Promise<boolean> {
  return (await client.query(SESSIONS)).rowCount !== 0;
}

async function applied(client: pg.Client, files: number): Promise<boolean> {
  return (await count(client, 'knex_migrations')) >= files;
}

/** Rows of a table; -1 where there is none. */
async function count(client: pg.Client, from: string): Promise<number> {
  try {
    return (await client.query(`select from ${from}`)).rowCount ?? 0;
  } catch {
    return -1;
  }
}

/** What the kill met, as the database shows it. */
async function stateOf(client: pg.Client, total: number): Promise<string> {
  const session = (await client.query<{ state: string }>(SESSIONS)).rows[0]?.state;
  const files = await count(client, 'knex_migrations');
  const begun = await count(client, `tenantctl.migration_log where state = 'started'`);
  const invalid = await count(client, 'pg_index where not indisvalid');
  return [
    files === -1
      ? 'no table yet'
      : files === 0
        ? 'nothing applied'
        : files < total
          ? 'some applied'
          : 'all applied',
    ...(begun > 0 ? ['a file outside a transaction begun'] : []),
    ...(invalid > 0 ? ['an index left INVALID'] : []),
    ...(session ? [`its session still there (${session})`] : []),
  ].join(', ');
}

async function outcomeOf(client: pg.Client): Promise<{ schema: string; ledger: string[] }> {
  const { rows } = await client.query<{ name: string }>('select name from knex_migrations order by id');
  expect(await count(client, `tenantctl.migration_log where state <> 'applied'`)).toBe(0);
  // The fingerprint of the schema is taken, also where the run was killed just before it.
  expect(await count(client, 'tenantctl.schema_run')).toBe(0);
  return { schema: await describeSchema(client), ledger: rows.map(({ name }) => name) };
}

async function withDatabase<T>(use: (db: TestDatabase, client: pg.Client) => Promise<T>): Promise<T> {
  const db = await createTestDatabase();
  try {
    return await use(db, await db.client());
  } finally {
    await db.drop();
  }
}
