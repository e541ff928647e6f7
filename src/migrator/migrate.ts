import type { MigrationsConfig } from '../config/config.js';
import type { Client } from '../postgres/connect.js';
import type { Database } from '../postgres/database.js';
import { settleSession } from '../postgres/session.js';
import { withWorkRunner } from '../postgres/work.js';
import { discoverSources, type SourceFile } from '../source-files.js';
import { type History, readHistory } from './history.js';
import { createLedger, type Ledger, locateLedger } from './ledger.js';
import { loadSteps } from './load.js';
import { type LockWait, refuseKnexLock, withMigrationLock } from './lock.js';
import { type MigrationPlan, planMigration, refuseMissing } from './plan.js';
import { LOCK_TIMEOUT, runTurns, type Turn } from './run.js';
import { type Standing, standings } from './standing.js';

export interface MigrateOptions extends LockWait {
  migrations: MigrationsConfig;
  /** The last file to run, with or without extension. */
  to?: string | undefined;
  /** Change nothing, and wait for nobody. */
  dryRun?: boolean | undefined;
}

/** What `migrate` did; the fields of its JSON document. */
export interface MigrateResult {
  dryRun: boolean;
  /** How many were applied before the run. */
  before: number;
  /** What the run set out to do, in order. */
  planned: { name: string; transaction: boolean }[];
  /** What it has done. */
  applied: { name: string; batch: number; durationMs: number }[];
  /** What is not applied now; in a dry run `planned` is part of it. */
  pending: string[];
}

interface Survey {
  history: History;
  standing: Standing[];
  plan: MigrationPlan;
}

/**
 * Applies the pending migrations in order, each in a transaction of its own together with its record, under the
 * migration lock; a file that asks for no transaction is recorded as begun before, and as applied after it.
 *
 * @throws TenantctlError gate: a recorded migration has no file; usage: a file that cannot be loaded; retry: the lock;
 *   for the first file that fails as stepFailure says, with MigrateResult and `failed` as `partial`
 */
export async function migrate(database: Database, options: MigrateOptions): Promise<MigrateResult> {
  const files = await discoverSources(options.migrations.directories, 'migrations');
  return database.connect(async (client) => {
    const ledger = await locateLedger(client, options.migrations);
    const look = () => survey(client, ledger, files, options);
    if (options.dryRun) return preview(await look());
    return withMigrationLock(client, ledger, options, async () =>
      apply(client, ledger, await look(), options),
    );
  });
}

async function survey(
  client: Client,
  ledger: Ledger,
  files: readonly SourceFile[],
  { migrations, to }: MigrateOptions,
): Promise<Survey> {
  const history = await readHistory(client, ledger);
  const standing = standings(files, history);
  refuseMissing(standing, 'migrate', ledger, migrations.directories);
  return { history, standing, plan: planMigration(files, standing, to) };
}

async function preview({ standing, plan }: Survey): Promise<MigrateResult> {
  return { ...begin(standing, plan, await loadTurns(standing, plan, 0)), dryRun: true };
}

async function apply(
  client: Client,
  ledger: Ledger,
  { history, standing, plan }: Survey,
  options: MigrateOptions,
): Promise<MigrateResult> {
  if (plan.run.length === 0) return begin(standing, plan, []);
  refuseKnexLock(history, ledger);
  const turns = await loadTurns(standing, plan, nextBatch(history));
  const result = begin(standing, plan, turns);
  const finished = ({ file, batch }: Turn, durationMs: number) => {
    result.applied.push({ name: file, batch, durationMs });
    result.pending = result.pending.filter((name) => name !== file);
  };
  if (!history.complete) await createLedger(client, ledger);
  const session = await settleSession(client, LOCK_TIMEOUT);
  const works = turns.map(({ step }) => step.work);
  await withWorkRunner(client, works, options.signal, (runner) => {
    const { onEvent, signal } = options;
    return runTurns(
      { client, ledger, session, runner, onEvent, signal },
      'up',
      turns,
      finished,
      () => result,
    );
  });
  return result;
}

async function loadTurns(standing: readonly Standing[], plan: MigrationPlan, batch: number): Promise<Turn[]> {
  const held = new Map(standing.map((each) => [each.name, each]));
  return (await loadSteps(plan.run, 'up')).map((step) => {
    const begun = held.get(step.source.name);
    return { step, file: step.source.file, batch, ids: begun?.ids ?? [], partWay: begun?.partWay };
  });
}

function begin(standing: readonly Standing[], plan: MigrationPlan, turns: readonly Turn[]): MigrateResult {
  return {
    dryRun: false,
    before: standing.filter(({ partWay }) => partWay === undefined).length,
    planned: turns.map(({ file, step }) => ({ name: file, transaction: step.transaction })),
    applied: [],
    pending: [...plan.run, ...plan.later].map(({ file }) => file),
  };
}

/** One number for the whole run, as knex's `latest` has it. */
function nextBatch({ rows }: History): number {
  return Math.max(0, ...rows.map(({ batch }) => batch)) + 1;
}
