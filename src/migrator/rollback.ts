import { keepFingerprint } from '../catalog/fingerprint/keep.js';
import type { MigrationsConfig } from '../config/config.js';
import type { Client } from '../postgres/connect.js';
import type { Database } from '../postgres/database.js';
import { settleSession } from '../postgres/session.js';
import { withWorkRunner } from '../postgres/work.js';
import { LOCK_ATTEMPTS } from './execution/patience.js';
import { LOCK_TIMEOUT, NO_SILENT_POLICIES, runTurns } from './execution/run.js';
import type { Turn } from './execution/turn.js';
import { loadSteps } from './files/load.js';
import { planRollback, type RollbackSelection } from './files/plan.js';
import { refuseAmbiguous, refuseMissing } from './files/refuse.js';
import { takeIn } from './ledger/adopt.js';
import { createLedger, type Ledger, locateLedger } from './ledger/ledger.js';
import type { Standing } from './ledger/standing.js';
import { type Survey, surveyMigrations } from './ledger/survey.js';
import { withKnexLock } from './lock/knex-lock.js';
import { type LockWait, withMigrationLock } from './lock/lock.js';
import { type Losses, NO_LOSSES } from './losses/losses.js';

export interface RollbackOptions extends LockWait {
  migrations: MigrationsConfig;
  selection: RollbackSelection;
  /** Execute the files, roll all of it back, and say what would be lost. */
  dryRun?: boolean | undefined;
  /** How often a file in a transaction is tried that a lock is in the way of; 30 by default. */
  lockAttempts?: number | undefined;
  /** Asked, under the lock, before anything is undone; throws to refuse. */
  approve: (plan: RollbackResult) => Promise<void>;
}

/** What `rollback` did; the fields of its JSON document. */
export interface RollbackResult {
  dryRun: boolean;
  /** What the run set out to undo, newest first. */
  planned: { name: string; batch: number }[];
  /** What goes with it. */
  losses: Losses;
  rolledBack: { name: string; batch: number; durationMs: number }[];
  /** What is applied now, in order. */
  applied: string[];
}

interface Outlook extends Survey {
  turns: Turn[];
  result: RollbackResult;
}

/**
 * Undoes applied migrations, newest first, each in a transaction of its own together with its record, under the
 * migration lock. One that an earlier run left part way counts as the newest.
 *
 * @throws TenantctlError usage: a migration without `down`; gate: one without its file, or with two (all before
 *   anything is undone); retry: the lock; for the first that fails as stepFailure says, with RollbackResult and `failed` as `partial`
 */
export async function rollback(database: Database, options: RollbackOptions): Promise<RollbackResult> {
  return database.connect(async (client) => {
    const ledger = await locateLedger(client, options.migrations);
    const look = () => survey(client, ledger, options);
    return withMigrationLock(database, client, ledger, options, async () => {
      const { turns, result } = await look();
      if (options.dryRun) {
        return { ...result, dryRun: true, losses: await lossesOf(database, client, turns, options) };
      }
      if (turns.length === 0) return result;
      await createLedger(client, ledger);
      // Looked at again: until its lock was ours, knex may have gone on.
      return withKnexLock(client, ledger, options, async () =>
        undo(database, client, ledger, await look(), options),
      );
    });
  });
}

async function survey(
  client: Client,
  ledger: Ledger,
  { migrations, selection }: RollbackOptions,
): Promise<Outlook> {
  const seen = await surveyMigrations(client, ledger, migrations);
  const { standing, irregular } = seen;
  const plan = planRollback(standing, selection);
  refuseAmbiguous(irregular.ambiguous, 'roll back');
  const missing = plan.filter(({ source }) => source === undefined);
  refuseMissing(missing, 'roll back', ledger, migrations.directories);
  const result: RollbackResult = {
    dryRun: false,
    planned: plan.map(({ file, batch }) => ({ name: file, batch })),
    losses: NO_LOSSES,
    rolledBack: [],
    applied: standing.map(({ file }) => file),
  };
  return { ...seen, turns: await loadTurns(plan), result };
}

async function loadTurns(plan: readonly Standing[]): Promise<Turn[]> {
  const sources = plan.flatMap(({ source }) => source ?? []);
  const held = new Map(plan.map((each) => [each.name, each]));
  return (await loadSteps(sources, 'down')).flatMap((step) => {
    const each = held.get(step.source.name);
    if (!each) return [];
    const { file, batch, ids, partWay, past } = each;
    return { step, file, batch, ids, partWay, past };
  });
}

async function lossesOf(
  database: Database,
  client: Client,
  turns: readonly Turn[],
  { onEvent, signal }: RollbackOptions,
): Promise<Losses> {
  if (turns.length === 0) return NO_LOSSES;
  const session = await settleSession(client, LOCK_TIMEOUT, NO_SILENT_POLICIES);
  const { findLosses } = await import('./losses/find.js');
  const works = turns.map(({ step }) => step.work);
  return withWorkRunner(client, works, signal, (runner) =>
    findLosses({ database, client, session, runner, onEvent, signal }, turns),
  );
}

async function undo(
  database: Database,
  client: Client,
  ledger: Ledger,
  seen: Outlook,
  options: RollbackOptions,
): Promise<RollbackResult> {
  seen.result.losses = await lossesOf(database, client, seen.turns, options);
  await options.approve(seen.result);
  const keeper = { command: 'rollback', onEvent: options.onEvent };
  return keepFingerprint(client, keeper, () => undoAll(database, client, ledger, seen, options));
}

async function undoAll(
  database: Database,
  client: Client,
  ledger: Ledger,
  seen: Outlook,
  options: RollbackOptions,
): Promise<RollbackResult> {
  const { turns, result } = seen;
  await takeIn(client, ledger, seen);
  const finished = ({ file, batch }: Turn, durationMs: number) => {
    result.rolledBack.push({ name: file, batch, durationMs });
    result.applied = result.applied.filter((name) => name !== file);
  };
  const session = await settleSession(client, LOCK_TIMEOUT, NO_SILENT_POLICIES);
  const works = turns.map(({ step }) => step.work);
  await withWorkRunner(client, works, options.signal, (runner) => {
    const { lockAttempts = LOCK_ATTEMPTS, onEvent, signal } = options;
    return runTurns(
      { database, client, ledger, session, runner, lockAttempts, onEvent, signal },
      'down',
      turns,
      finished,
      () => result,
    );
  });
  return result;
}
