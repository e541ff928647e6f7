import { keepFingerprint } from '../catalog/fingerprint/keep.js';
import type { SeedsConfig } from '../config/config.js';
import type { OnEvent } from '../events.js';
import { announceWait, withAdvisoryLock } from '../postgres/advisory-lock.js';
import type { Client } from '../postgres/connect.js';
import type { Database } from '../postgres/database.js';
import { type Session, settleSession } from '../postgres/session.js';
import { withWorkRunner } from '../postgres/work.js';
import { discoverSources, findSource } from '../source-files.js';
import type { TableChange } from './activity.js';
import { type Reason, reasonToRun, UNCHANGED } from './decide.js';
import { loadWork, readSeed, type Seed } from './load.js';
import { createSeedLog, readSeedLog } from './log.js';
import { runSeed } from './run.js';

/** A seed may wait for the application's transactions, but not for ever; who only asks what there is to do, hardly. */
const LOCK_TIMEOUT = '60s';
const DRY_RUN_LOCK_TIMEOUT = '5s';

export interface SeedOptions {
  seeds: SeedsConfig;
  /** Run this one alone, with or without extension. */
  only?: string | undefined;
  /** Change nothing, and wait for nobody. */
  dryRun?: boolean | undefined;
  lockWaitMs: number;
  onEvent: OnEvent;
  signal?: AbortSignal | undefined;
}

/** What `seed` did; the fields of its JSON document. */
export interface SeedResult {
  dryRun: boolean;
  /** What had to run when the command began, and why. */
  planned: { name: string; reason: Reason }[];
  ran: { name: string; reason: Reason; durationMs: number; tables: TableChange[] }[];
  /** Unchanged since they ran, and their rows are there. */
  skipped: string[];
}

/**
 * Runs the seeds in order, each in a transaction of its own together with its record; what is unchanged and still there
 * is skipped.
 *
 * @throws TenantctlError usage: an unknown name, a file that cannot be loaded; retry: another seed run holds the lock;
 *   for the first that fails as stepFailure says, with SeedResult and `failed` as `partial`
 */
export async function seed(database: Database, options: SeedOptions): Promise<SeedResult> {
  const { only, onEvent } = options;
  const sources = await discoverSources(options.seeds.directories, 'seeds');
  const chosen = only === undefined ? sources : [findSource(sources, only, '--only')];
  const seeds = await Promise.all(chosen.map(readSeed));
  return database.connect(async (client) => {
    const session = await settleSession(client, options.dryRun ? DRY_RUN_LOCK_TIMEOUT : LOCK_TIMEOUT);
    if (options.dryRun) return { ...(await plan(client, seeds)), dryRun: true };
    const name = 'the seed lock';
    const onWait = announceWait(name, onEvent);
    const { lockWaitMs: waitMs, signal } = options;
    return withAdvisoryLock(database, client, { name, key: 'seeds', waitMs, signal, onWait }, () =>
      run(client, session, seeds, options),
    );
  });
}

async function plan(client: Client, seeds: readonly Seed[]): Promise<SeedResult> {
  const log = await readSeedLog(client);
  const result: SeedResult = { dryRun: false, planned: [], ran: [], skipped: [] };
  for (const { source, checksum } of seeds) {
    const reason = await reasonToRun(client, checksum, log.get(source.name));
    if (reason === UNCHANGED) result.skipped.push(source.file);
    else result.planned.push({ name: source.file, reason });
  }
  return result;
}

async function run(
  client: Client,
  session: Session,
  seeds: readonly Seed[],
  options: SeedOptions,
): Promise<SeedResult> {
  const planned = await plan(client, seeds);
  if (planned.planned.length === 0) return planned;
  const keeper = { command: 'seed', onEvent: options.onEvent };
  return keepFingerprint(client, keeper, () => runAll(client, session, seeds, planned, options));
}

async function runAll(
  client: Client,
  session: Session,
  seeds: readonly Seed[],
  planned: SeedResult,
  { onEvent, signal }: SeedOptions,
): Promise<SeedResult> {
  const loaded = await Promise.all(seeds.map(async (each) => ({ ...each, work: await loadWork(each) })));
  await createSeedLog(client);
  const log = await readSeedLog(client);
  const result: SeedResult = { ...planned, skipped: [] };
  const works = loaded.map(({ work }) => work);
  await withWorkRunner(client, works, signal, async (runner) => {
    for (const [index, { work, ...each }] of loaded.entries()) {
      const { name, file } = each.source;
      onEvent({ kind: 'progress', task: file, done: index, total: loaded.length, unit: 'seeds' });
      // Asked again at its turn: a seed before it may have emptied its tables.
      const reason = await reasonToRun(client, each.checksum, log.get(name));
      if (reason === UNCHANGED) {
        result.skipped.push(file);
        continue;
      }
      const before = result.ran.map((earlier) => earlier.name);
      const done = await runSeed({ client, session, runner, onEvent, signal }, each, work, before, result);
      result.ran.push({ name: file, reason, ...done });
    }
  });
  onEvent({ kind: 'progress', task: 'done', done: loaded.length, total: loaded.length, unit: 'seeds' });
  return result;
}
