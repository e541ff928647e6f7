import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { bringUp, contents } from '../e2e/checkout.js';
import { finished } from '../support/cli.js';
import { pgDump } from '../support/pg-dump.js';
import { randomFrom } from './random.js';

const SEED = Number(process.env.CHAOS_SEED ?? Math.floor(Math.random() * 2 ** 31));
const RUNS = Number(process.env.CHAOS_RUNS ?? 50);

it(`verify-tenancy leaves the database as it was, however often and whenever it is killed (CHAOS_SEED=${SEED})`, async () => {
  const booking = await bringUp();
  const before = await state();
  const random = randomFrom(SEED);
  const started = performance.now();
  expect((await booking.verify()).exitCode).toBe(0);
  const took = performance.now() - started;
  const ends: Record<string, number> = {};
  for (let run = 0; run < RUNS; run += 1) {
    const child = booking.spawn('verify-tenancy');
    const ended = finished(child);
    // A fifth of them comes to its end.
    const moment = random() * took * 1.25;
    const signal = random() < 0.7 ? 'SIGKILL' : 'SIGTERM';
    const timer = setTimeout(() => child.kill(signal), moment);
    const { exitCode } = await ended;
    clearTimeout(timer);
    const how = exitCode === 0 ? 'finished' : signal;
    ends[how] = (ends[how] ?? 0) + 1;
    while ((await sessions()) > 0) await sleep(50);
    expect(await state(), `run ${run}`).toEqual(before);
  }
  process.stdout.write(`${JSON.stringify(ends)}\n`);
  // The schema is as the last command left that may change it.
  expect((await booking.run('status', '--check')).exitCode).toBe(0);
  expect((await booking.verify()).exitCode).toBe(0);

  /** What is stored, and where; and as pg_dump writes it, but for the sequences, which no rollback takes back. */
  async function state() {
    const dump = await pgDump(booking.db.url);
    return { stored: await contents(booking), dump: dump?.replaceAll(/^SELECT pg_catalog\.setval.*$/gm, '') };
  }

  async function sessions(): Promise<number> {
    const [row] = await booking.db.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'tenantctl/verify-tenancy'`,
    );
    return row?.n ?? 0;
  }
});
