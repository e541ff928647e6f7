import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { expect, it } from 'vitest';
import { finished, runCli, spawnCli } from '../support/cli.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { describeSchema } from '../support/schema.js';
import { randomFrom } from './random.js';

const SEED = Number(process.env.CHAOS_SEED ?? Math.floor(Math.random() * 2 ** 31));
const RUNS = Number(process.env.CHAOS_RUNS ?? 50);
/** In this share of the runs the kill falls into the start of the process, before it has connected. */
const EARLY = 0.1;
/** Process start included. */
const RECOVERY_MS = 5_000;

interface Outcome {
  schema: string;
  ledger: string[];
}

it(`kill -9 in the middle of migrate, ${RUNS} times (CHAOS_SEED=${SEED})`, async () => {
  const random = randomFrom(SEED);
  const undisturbed = await withDatabase(runUndisturbed);
  const states = new Map<string, number>();
  let slowest = 0;
  for (let run = 1; run <= RUNS; run += 1) {
    const early = random() < EARLY;
    const moment = random() * (early ? undisturbed.startMs : undisturbed.workMs);
    await withDatabase(async (db, client) => {
      await killAt(db, client, moment, early);
      const state = await stateOf(client, undisturbed.outcome.ledger.length);
      states.set(state, (states.get(state) ?? 0) + 1);
      const started = performance.now();
      const next = await runCli(['migrate'], { env: { DATABASE_URL: db.url } });
      const recoveryMs = performance.now() - started;
      slowest = Math.max(slowest, recoveryMs);
      const told = `run ${run}, killed after ${moment.toFixed()} ms, ${state}:\n${next.stderr}`;
      expect(next.exitCode, told).toBe(0);
      expect(recoveryMs, told).toBeLessThan(await limit(recoveryMs));
      expect(await outcomeOf(client), told).toEqual(undisturbed.outcome);
    });
  }
  const lines = [...states].sort().map(([state, count]) => `  ${String(count).padStart(4)}  ${state}`);
  process.stdout.write(
    [
      `CHAOS_SEED=${SEED}: ${RUNS} kills; slowest recovery ${slowest.toFixed()} ms`,
      `undisturbed: ${undisturbed.startMs.toFixed()} ms to connect, ${undisturbed.workMs.toFixed()} ms of work`,
      ...lines,
      '',
    ].join('\n'),
  );
});

/** Where the machine is too busy with other work for the limit to mean anything, what a whole run takes just now. */
async function limit(recoveryMs: number): Promise<number> {
  if (recoveryMs < RECOVERY_MS) return RECOVERY_MS;
  const { startMs, workMs } = await withDatabase(runUndisturbed);
  return Math.max(RECOVERY_MS, 3 * (startMs + workMs));
}

/** Times a run from start to connection, and from there to its end. */
async function runUndisturbed(db: TestDatabase, client: pg.Client) {
  const started = performance.now();
  const child = spawnCli(['migrate'], { env: { DATABASE_URL: db.url } });
  const ended = finished(child);
  await untilConnected(client, ended);
  const connected = performance.now();
  expect(await ended).toMatchObject({ exitCode: 0 });
  const workMs = performance.now() - connected;
  return { startMs: connected - started, workMs, outcome: await outcomeOf(client) };
}

async function killAt(db: TestDatabase, client: pg.Client, moment: number, early: boolean): Promise<void> {
  const child = spawnCli(['migrate'], { env: { DATABASE_URL: db.url } });
  const ended = finished(child);
  if (!early) await untilConnected(client, ended);
  await Promise.race([sleep(moment), ended]);
  child.kill('SIGKILL');
  await ended;
}

const SESSIONS = `select state from pg_stat_activity
  where datname = current_database() and application_name = 'tenantctl/migrate'`;

async function untilConnected(client: pg.Client, ended: Promise<unknown>): Promise<void> {
  let over = false;
  void ended.then(() => {
    over = true;
  });
  while (!over && (await client.query(SESSIONS)).rowCount === 0) await sleep(2);
}

/** What the kill met, as the database shows it. */
async function stateOf(client: pg.Client, total: number): Promise<string> {
  const session = (await client.query<{ state: string }>(SESSIONS)).rows[0]?.state;
  const there = await client.query<{ ledger: boolean; log: boolean }>(
    `select to_regclass('knex_migrations') is not null as ledger,
            to_regclass('tenantctl.migration_log') is not null as log`,
  );
  const { ledger, log } = there.rows[0] ?? { ledger: false, log: false };
  const applied = ledger ? (await client.query('select from knex_migrations')).rowCount : 0;
  const begun = log
    ? (await client.query(`select from tenantctl.migration_log where state = 'started'`)).rowCount
    : 0;
  const invalid = (await client.query('select from pg_index where not indisvalid')).rowCount;
  return [
    applied === 0 ? 'nothing applied' : applied === total ? 'all applied' : 'some applied',
    ...(log ? [] : ['no tables of its own yet']),
    ...(begun ? ['a file outside a transaction begun'] : []),
    ...(invalid ? ['an index left INVALID'] : []),
    ...(session ? [`its session still there (${session})`] : []),
  ].join(', ');
}

async function outcomeOf(client: pg.Client): Promise<Outcome> {
  const { rows } = await client.query<{ name: string }>('select name from knex_migrations order by id');
  const unfinished = await client.query(`select from tenantctl.migration_log where state <> 'applied'`);
  expect(unfinished.rowCount).toBe(0);
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
