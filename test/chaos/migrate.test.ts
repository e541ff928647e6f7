import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type pg from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { type CliResult, finished, runCli, spawnCli } from '../support/cli.js';
import { createTestDatabase, serverUrl, type TestDatabase } from '../support/database.js';
import { describeSchema } from '../support/schema.js';
import { temporaryDirectory } from '../support/temporary.js';
import { BEFORE, chaosFiles } from './files.js';
import { randomFrom } from './random.js';
import { type Moment, openWire, type Wire } from './wire.js';

const SEED = Number(process.env.CHAOS_SEED ?? Math.floor(Math.random() * 2 ** 31));
const RUNS = Number(process.env.CHAOS_RUNS ?? 200);

const STRIKES = ['SIGKILL', 'SIGTERM', 'dropped connection'] as const;
type Strike = (typeof STRIKES)[number];

/** How each of them may end: by what struck it, or, where that came too late, well. */
const ENDS: Record<Strike, (result: CliResult) => boolean> = {
  SIGKILL: ({ signal, exitCode }) => signal === 'SIGKILL' || exitCode === 0,
  // Before there is a handler, the signal itself ends it.
  SIGTERM: ({ signal, exitCode }) => signal === 'SIGTERM' || exitCode === 143 || exitCode === 0,
  'dropped connection': ({ exitCode }) => exitCode === 69 || exitCode === 0,
};

it(`migrate is struck ${RUNS} times, and the next run brings it to its end (CHAOS_SEED=${SEED})`, async () => {
  const random = randomFrom(SEED);
  const cwd = await writeProject();
  const wire = await openWire(serverUrl());
  onTestFinished(() => wire.close());
  const migrate = (url: string) => ({ args: ['migrate'], cwd, env: { DATABASE_URL: url } });
  const undisturbed = await withDatabase(async (db, client) => {
    wire.arm(undefined);
    expect(await runCli(['migrate'], migrate(wire.url(db.url)))).toMatchObject({ exitCode: 0 });
    return { sent: wire.sent(), outcome: await outcomeOf(client) };
  });
  const met = new Map<string, number>();
  let slowest = 0;
  for (let run = 1; run <= RUNS; run += 1) {
    const strike = STRIKES[Math.floor(random() * STRIKES.length)] ?? 'SIGKILL';
    const moment = drawMoment(random, undisturbed.sent);
    const lingerMs = random() < 0.5 ? 0 : Math.floor(random() * 1_500);
    await withDatabase(async (db, client) => {
      const first = await struck(wire, migrate(wire.url(db.url)), moment, strike, lingerMs);
      const state = await stateOf(client, undisturbed.outcome.ledger.length);
      const told = `run ${run}, ${strike} ${moment.at}, message ${moment.message} + ${moment.ms.toFixed()} ms; ${state}`;
      expect(ENDS[strike](first), `${told}: ${first.exitCode} ${first.signal} ${first.stderr}`).toBe(true);
      const line = `${strike.padEnd(18)}  ${state}`;
      met.set(line, (met.get(line) ?? 0) + 1);
      const started = performance.now();
      const next = await runCli(['migrate'], migrate(db.url));
      slowest = Math.max(slowest, performance.now() - started);
      expect(next.exitCode, `${told}:\n${next.stderr}`).toBe(0);
      expect(await outcomeOf(client), `${told}:\n${next.stderr}`).toEqual(undisturbed.outcome);
    });
  }
  const lines = [...met].sort().map(([state, count]) => `  ${String(count).padStart(4)}  ${state}\n`);
  process.stdout.write(
    `CHAOS_SEED=${SEED}: ${RUNS} times, among ${undisturbed.sent.length} messages; slowest next run ${slowest.toFixed()} ms\n${lines.join('')}`,
  );
});

async function writeProject(): Promise<string> {
  const cwd = await temporaryDirectory();
  await mkdir(path.join(cwd, 'migrations'));
  await writeFile(path.join(cwd, 'tenantctl.config.json'), '{ "migrations": { "directory": "migrations" } }');
  for (const [file, text] of Object.entries(chaosFiles())) {
    await writeFile(path.join(cwd, 'migrations', file), text);
  }
  return cwd;
}

/** Any message; every third time one that works concurrently, which takes longer and leaves more behind. */
function drawMoment(random: () => number, sent: readonly string[]): Moment {
  const pick = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)];
  const all = sent.map((_, index) => index + 1);
  const concurrent = all.filter((message) =>
    /^.{5}\S* *\S* *index concurrently/s.test(sent[message - 1] ?? ''),
  );
  const [from, longest] = random() < 1 / 3 ? [concurrent, 150] : [all, 30];
  return {
    message: pick(from) ?? 1,
    at:
      pick(['before it is sent', 'after it is sent', 'before its answer arrives'] as const) ??
      'after it is sent',
    ms: random() < 0.5 ? 0 : random() * longest,
  };
}

/** Runs it up to that moment, and to whatever end it then comes. */
async function struck(
  wire: Wire,
  { args, cwd, env }: { args: string[]; cwd: string; env: Record<string, string> },
  moment: Moment,
  strike: Strike,
  lingerMs: number,
): Promise<CliResult> {
  const child = spawnCli(args, { cwd, env });
  wire.arm(moment, () => {
    if (strike === 'dropped connection') wire.drop(lingerMs);
    else child.kill(strike);
  });
  return await finished(child);
}

/** What the next run meets, as the database shows it. */
async function stateOf(client: pg.Client, total: number): Promise<string> {
  const sessions = await client.query<{ state: string }>(
    `select state from pg_stat_activity where datname = current_database() and application_name = 'tenantctl/migrate'`,
  );
  const files = await count(client, 'knex_migrations');
  const begun = await count(client, `tenantctl.migration_log where state = 'started'`);
  const statement = await count(client, `tenantctl.migration_log where state = 'started' and in_flight`);
  const invalid = await count(client, 'pg_index where not indisvalid');
  const locked = await count(client, 'knex_migrations_lock where is_locked = 1');
  return [
    ...[
      files === -1
        ? 'no table yet'
        : files === 0
          ? 'nothing applied'
          : files < total
            ? 'some applied'
            : 'all applied',
    ],
    ...(begun > 0 ? ['a file outside a transaction begun'] : []),
    ...(statement > 0 ? ['its statement not seen to end'] : []),
    ...(invalid > 0 ? ['an index INVALID'] : []),
    ...(locked > 0 ? ["knex's lock set"] : []),
    ...sessions.rows.map(({ state }) => `its session still there (${state})`),
  ].join(', ');
}

/** Rows of a table; -1 where there is none. */
async function count(client: pg.Client, from: string): Promise<number> {
  try {
    return (await client.query(`select from ${from}`)).rowCount ?? 0;
  } catch {
    return -1;
  }
}

/** Everything that two runs have to agree in. */
async function outcomeOf(client: pg.Client) {
  const rows = async (sql: string) => (await client.query<Record<string, unknown>>(sql)).rows;
  return {
    schema: await describeSchema(client),
    ledger: (await rows('select name from knex_migrations order by id')).map(({ name }) => name),
    lock: await rows('select is_locked from knex_migrations_lock'),
    log: await rows(
      'select name, file, state, checksum, finished, begun, in_flight from tenantctl.migration_log order by name',
    ),
    holders: await rows('select * from tenantctl.lock_holder'),
    // One that was killed just before it took the fingerprint would still be there.
    runs: await rows('select command from tenantctl.schema_run'),
    effects: await rows('select what, count(*)::int from effects group by what order by what'),
    items: await rows(
      [1, 2, 3, 4, 5]
        .map(
          (n) =>
            `select ${n} as round, sum(rank)::int as rank, sum(views)::int as views, count(*)::int as rows, (select count(*)::int from notes_${n}) as notes from items_${n}`,
        )
        .join(' union all ')
        .concat(' order by round'),
    ),
  };
}

async function withDatabase<T>(use: (db: TestDatabase, client: pg.Client) => Promise<T>): Promise<T> {
  const db = await createTestDatabase();
  try {
    await db.query(BEFORE);
    return await use(db, await db.client());
  } finally {
    await db.drop();
  }
}
