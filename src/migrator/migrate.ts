import { isFingerprintDue, keepFingerprint, refreshFingerprint } from '../catalog/fingerprint/keep.js';
import type { MigrationsConfig } from '../config/config.js';
import { TenantctlError } from '../errors.js';
import type { Client } from '../postgres/connect.js';
import type { Database } from '../postgres/database.js';
import { settleSession } from '../postgres/session.js';
import { withWorkRunner } from '../postgres/work.js';
import { type Gate, GateRefusal } from './execution/gate.js';
import { beginLoading, loadTurns } from './execution/load-turns.js';
import { LOCK_ATTEMPTS } from './execution/patience.js';
import type { RehearsedFile } from './execution/rehearse.js';
import { LOCK_TIMEOUT, NO_SILENT_POLICIES, runTurns } from './execution/run.js';
import type { Turn } from './execution/turn.js';
import type { Loading } from './files/load.js';
import { type MigrationPlan, nextBatch, planMigration } from './files/plan.js';
import { type Order, refuseIrregular } from './files/refuse.js';
import { takeIn } from './ledger/adopt.js';
import { createLedger, type Ledger, locateLedger } from './ledger/ledger.js';
import type { Standing } from './ledger/standing.js';
import { type Survey, surveyMigrations } from './ledger/survey.js';
import type { Lint, LintOptions, LintResult } from './lint/lint.js';
import { clearAbandoned, withKnexLock } from './lock/knex-lock.js';
import { type LockWait, withMigrationLock } from './lock/lock.js';

export interface MigrateOptions extends LockWait {
  migrations: MigrationsConfig;
  /** The last file to run, with or without extension. */
  to?: string | undefined;
  /** Execute the files, and roll all of it back. */
  dryRun?: boolean | undefined;
  /** How often a file in a transaction is tried that a lock is in the way of; 30 by default. */
  lockAttempts?: number | undefined;
  /** All pending files in one transaction: all or nothing. */
  singleTransaction?: boolean | undefined;
  /**
   * Has the last word before a commit. Files that follow one another share a transaction then; one that runs outside of
   * a transaction is judged once it is done.
   */
  gate?: Gate | undefined;
  /** Judges what the files do; nothing is judged without. */
  lint?: LintOptions | undefined;
  /** 'allow': also run files that come before one that is applied. */
  order?: Order | undefined;
  /** As ConnectionMode says. */
  last?: boolean | undefined;
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
  /** Ran, and were rolled back, because the gate or the lint said no. */
  rolledBack: string[];
  /** What the lint has found; where it has refused a file, the run ended there. */
  lint: LintResult;
  /** What a dry run has executed and rolled back, and what it could not execute. */
  rehearsed: RehearsedFile[];
  notExecuted: { name: string; reason: string }[];
  /** What is not applied now; in a dry run `planned` is part of it. */
  pending: string[];
}

/**
 * Applies the pending migrations in order, each in a transaction of its own together with its record, under the
 * migration lock; a file that asks for no transaction is recorded as begun before, and as applied after it. Where the
 * gate says no, it returns what has been done until then: the gate knows why.
 *
 * @throws TenantctlError gate: files and ledger do not fit together, as refuseIrregular says; usage: a file that cannot
 *   be loaded; retry: a lock; for the first file that fails as stepFailure says, with MigrateResult and `failed` as
 *   `partial`
 */
export async function migrate(database: Database, options: MigrateOptions): Promise<MigrateResult> {
  return database.connect((client) => migrateOver(database, client, options), { last: options.last });
}

async function migrateOver(
  database: Database,
  client: Client,
  options: MigrateOptions,
): Promise<MigrateResult> {
  const ledger = await locateLedger(client, options.migrations);
  const look = () => survey(client, ledger, options);
  return withMigrationLock(database, client, ledger, options, async () => {
    const seen = await look();
    if (options.dryRun) return tryOut(database, client, ledger, seen, options);
    if (seen.plan.run.length === 0) return rest(client, ledger, seen, options);
    return keepFingerprint(client, { command: 'migrate', onEvent: options.onEvent }, async () => {
      const made = createLedger(client, ledger);
      const loading = beginLoading(seen.plan, isWanted(options.lint));
      await made;
      // Looked at again: until its lock was ours, knex may have gone on.
      return withKnexLock(client, ledger, options, async () =>
        apply(database, client, ledger, await look(), loading, options),
      );
    });
  });
}

interface Outlook extends Survey {
  plan: MigrationPlan;
}

async function survey(
  client: Client,
  ledger: Ledger,
  { migrations, order = 'strict', to }: MigrateOptions,
): Promise<Outlook> {
  const seen = await surveyMigrations(client, ledger, migrations);
  refuseIrregular(seen.irregular, order, ledger, migrations.directories);
  return { ...seen, plan: planMigration(seen.files, seen.standing, to) };
}

/** Writes nothing of its own either: no ledger, nothing that is taken into it, not knex's lock. */
async function tryOut(
  database: Database,
  client: Client,
  ledger: Ledger,
  { standing, plan }: Outlook,
  options: MigrateOptions,
): Promise<MigrateResult> {
  const turns = await loadTurns(standing, plan, 0);
  if (options.singleTransaction) refuseOutside(turns);
  const result = { ...begin(standing, plan, turns), dryRun: true };
  if (turns.length === 0) return result;
  const { lockAttempts = LOCK_ATTEMPTS, gate, onEvent, signal } = options;
  const [session, { rehearse }] = await Promise.all([
    settleSession(client, LOCK_TIMEOUT, NO_SILENT_POLICIES),
    import('./execution/rehearse.js'),
  ]);
  const works = turns.map(({ step }) => step.work);
  const lint = await lintFor(client, ledger, turns, options, result);
  const bench = { database, client, session, lockAttempts, gate, watch: lint, onEvent, signal };
  await withWorkRunner(client, works, signal, async (runner) => {
    Object.assign(result, await rehearse({ ...bench, runner }, turns, () => result));
  }).catch(unlessRefused(lint));
  return result;
}

/** Its findings become part of the result as they come. */
async function lintFor(
  client: Client,
  ledger: Ledger,
  turns: readonly Turn[],
  { lint, onEvent }: MigrateOptions,
  result: MigrateResult,
): Promise<Lint | undefined> {
  if (!isWanted(lint)) return undefined;
  const { openLint } = await import('./lint/lint.js');
  const opened = await openLint(client, ledger, turns, lint, onEvent);
  result.lint = opened.result;
  return opened;
}

function isWanted(lint: LintOptions | undefined): lint is LintOptions {
  return lint !== undefined && lint.level !== 'off';
}

/** A file that the lint has refused is no failure: the result says why, whatever code has made of the refusal. */
function unlessRefused(lint: Lint | undefined): (error: unknown) => void {
  return (error) => {
    if (!lint?.result.refused) throw error;
  };
}

/** What had run in one transaction with the file that was refused. */
function goneWith(refused: string | undefined, { planned, applied }: MigrateResult): string[] {
  const names = planned.map(({ name }) => name);
  const kept = applied.map(({ name }) => name);
  return names.slice(0, names.indexOf(refused ?? '')).filter((name) => !kept.includes(name));
}

/** @throws TenantctlError usage, where one of them asks for no transaction */
function refuseOutside(turns: readonly Turn[]): void {
  const outside = turns.filter(({ step }) => !step.transaction).map(({ file }) => file);
  if (outside.length === 0) return;
  throw new TenantctlError({
    kind: 'usage',
    code: 'NOT_TRANSACTIONAL',
    message: `Cannot migrate in a single transaction: these files ask to run outside of one: ${outside.join(', ')}.`,
    hint: `tenantctl migrate without --single-transaction; or --to a file before ${outside[0]}, and the rest after that`,
  });
}

/** There is nothing to run. A lock that was left is let go, what knex has run is taken into the log, and the fingerprint where one is due. */
async function rest(
  client: Client,
  ledger: Ledger,
  seen: Outlook,
  { onEvent }: MigrateOptions,
): Promise<MigrateResult> {
  if (seen.history.knexLocked) await clearAbandoned(client, ledger, onEvent);
  const adopted = await takeIn(client, ledger, seen);
  if (adopted || (seen.standing.length > 0 && (await isFingerprintDue(client)))) {
    await refreshFingerprint(client, { command: 'migrate', onEvent }, () => createLedger(client, ledger));
  }
  return begin(seen.standing, seen.plan, []);
}

async function apply(
  database: Database,
  client: Client,
  ledger: Ledger,
  seen: Outlook,
  loading: Loading,
  options: MigrateOptions,
): Promise<MigrateResult> {
  const { standing, plan } = seen;
  const [turns, session] = await Promise.all([
    loadTurns(standing, plan, nextBatch(seen.history), loading),
    settleSession(client, LOCK_TIMEOUT, NO_SILENT_POLICIES),
  ]);
  if (options.singleTransaction) refuseOutside(turns);
  const result = begin(standing, plan, turns);
  const lint = await lintFor(client, ledger, turns, options, result);
  await takeIn(client, ledger, seen);
  const finished = ({ file, batch }: Turn, durationMs: number) => {
    result.applied.push({ name: file, batch, durationMs });
    result.pending = result.pending.filter((name) => name !== file);
  };
  const works = turns.map(({ step }) => step.work);
  const { lockAttempts = LOCK_ATTEMPTS, singleTransaction: together, gate, onEvent, signal } = options;
  const bench = {
    database,
    client,
    ledger,
    session,
    lockAttempts,
    together,
    gate,
    watch: lint,
    onEvent,
    signal,
  };
  await withWorkRunner(client, works, signal, (runner) => {
    return runTurns({ ...bench, runner }, 'up', turns, finished, () => result);
  }).catch((error: unknown) => {
    if (error instanceof GateRefusal) result.rolledBack = [...error.rolledBack];
    else {
      unlessRefused(lint)(error);
      result.rolledBack = goneWith(lint?.result.refused?.name, result);
    }
  });
  return result;
}

function begin(standing: readonly Standing[], plan: MigrationPlan, turns: readonly Turn[]): MigrateResult {
  return {
    dryRun: false,
    before: standing.filter(({ partWay }) => partWay === undefined).length,
    planned: turns.map(({ file, step }) => ({ name: file, transaction: step.transaction })),
    applied: [],
    ...{ rolledBack: [], rehearsed: [], notExecuted: [] },
    lint: { level: 'off', findings: [], refused: null },
    pending: [...plan.run, ...plan.later].map(({ file }) => file),
  };
}
