import type { MigrationsConfig } from '../config/config.js';
import type { Client } from '../postgres/connect.js';
import type { Database } from '../postgres/database.js';
import { settleSession } from '../postgres/session.js';
import { withWorkRunner } from '../postgres/work.js';
import { discoverSources } from '../source-files.js';
import { type History, readHistory } from './history.js';
import { createLedger, type Ledger, locateLedger } from './ledger.js';
import { loadSteps } from './load.js';
import { type LockWait, refuseKnexLock, withMigrationLock } from './lock.js';
import { planRollback, type RollbackSelection, refuseMissing } from './plan.js';
import { LOCK_TIMEOUT, runTurns, type Turn } from './run.js';
import { type Standing, standings } from './standing.js';

export interface RollbackOptions extends LockWait {
  migrations: MigrationsConfig;
  selection: RollbackSelection;
  /** Change nothing, and wait for nobody. */
  dryRun?: boolean | undefined;
  /** Asked, under the lock, before anything is undone; throws to refuse. */
  approve: (plan: RollbackResult) => Promise<void>;
}

/** What `rollback` did; the fields of its JSON document. */
export interface RollbackResult {
  dryRun: boolean;
  /** What the run set out to undo, newest first. */
  planned: { name: string; batch: number }[];
  rolledBack: { name: string; batch: number; durationMs: number }[];
  /** What is applied now, in order. */
  applied: string[];
}

interface Survey {
  history: History;
  turns: Turn[];
  result: RollbackResult;
}

/**
 * Undoes applied migrations, newest first, each in a transaction of its own together with its record, under the
 * migration lock. One that an earlier run left part way counts as the newest.
 *
 * @throws TenantctlError usage: a migration without `down`; gate: one without its file (both before anything is
 *   undone); retry: the lock; for the first that fails as stepFailure says, with RollbackResult and `failed` as `partial`
 */
export async function rollback(database: Database, options: RollbackOptions): Promise<RollbackResult> {
  return database.connect(async (client) => {
    const ledger = await locateLedger(client, options.migrations);
    const look = () => survey(client, ledger, options);
    if (options.dryRun) return { ...(await look()).result, dryRun: true };
    return withMigrationLock(client, ledger, options, async () =>
      undo(client, ledger, await look(), options),
    );
  });
}

async function survey(
  client: Client,
  ledger: Ledger,
  { migrations, selection }: RollbackOptions,
): Promise<Survey> {
  const files = await discoverSources(migrations.directories, 'migrations');
  const history = await readHistory(client, ledger);
  const standing = standings(files, history);
  const plan = planRollback(standing, selection);
  refuseMissing(plan, 'roll back', ledger, migrations.directories);
  const result: RollbackResult = {
    dryRun: false,
    planned: plan.map(({ file, batch }) => ({ name: file, batch })),
    rolledBack: [],
    applied: standing.map(({ file }) => file),
  };
  return { history, turns: await loadTurns(plan), result };
}

async function loadTurns(plan: readonly Standing[]): Promise<Turn[]> {
  const sources = plan.flatMap(({ source }) => source ?? []);
  const held = new Map(plan.map((each) => [each.name, each]));
  return (await loadSteps(sources, 'down')).flatMap((step) => {
    const each = held.get(step.source.name);
    if (!each) return [];
    const { file, batch, ids, partWay } = each;
    return { step, file, batch, ids, partWay };
  });
}

async function undo(
  client: Client,
  ledger: Ledger,
  { history, turns, result }: Survey,
  options: RollbackOptions,
): Promise<RollbackResult> {
  if (turns.length === 0) return result;
  refuseKnexLock(history, ledger);
  await options.approve(result);
  const finished = ({ file, batch }: Turn, durationMs: number) => {
    result.rolledBack.push({ name: file, batch, durationMs });
    result.applied = result.applied.filter((name) => name !== file);
  };
  if (!history.complete) await createLedger(client, ledger);
  const session = await settleSession(client, LOCK_TIMEOUT);
  const works = turns.map(({ step }) => step.work);
  await withWorkRunner(client, works, options.signal, (runner) => {
    const { onEvent, signal } = options;
    return runTurns(
      { client, ledger, session, runner, onEvent, signal },
      'down',
      turns,
      finished,
      () => result,
    );
  });
  return result;
}
