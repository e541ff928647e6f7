import { keepFingerprint } from '../catalog/fingerprint/keep.js';
import type { OnEvent } from '../events.js';
import { displayName } from '../identifiers.js';
import { announceWait, withAdvisoryLock } from '../postgres/advisory-lock.js';
import type { Client } from '../postgres/connect.js';
import type { Database } from '../postgres/database.js';
import type { TenancyConfig } from '../tenancy/config.js';
import { tableDocument } from './document.js';
import { backfillFailure } from './failure.js';
import type { BackfillWish } from './plan.js';
import { type Prepared, prepare } from './prepare.js';
import { patiently } from './retry.js';
import { expandTable, fillTable, sweepTable, type TableResult, untouched } from './table.js';

export interface BackfillOptions extends BackfillWish {
  batchSize: number;
  dryRun: boolean;
  /** How long to wait for another backfill of this database. */
  lockWaitMs: number;
  onEvent: OnEvent;
  signal?: AbortSignal | undefined;
}

export interface BackfillResult {
  dryRun: boolean;
  tenant: string | undefined;
  /** Parents first; those that had nothing to do only where they were named. */
  tables: TableResult[];
  /** Tables that were left alone because nothing leads from them to the root. */
  skipped: { schema: string; name: string; reason: string }[];
}

/**
 * Gives rows that were there before the tenant column their tenant: by foreign keys, or the given one. Can be stopped or
 * killed at any moment; the next run goes on from there.
 *
 * @throws TenantctlError usage (names, tenant, a table without a key), privilege (row security cannot be switched off),
 *   retry (locks), step-failed (a batch failed and was rolled back; the ones before it stay)
 */
export async function backfillTenant(
  database: Database,
  tenancy: TenancyConfig,
  options: BackfillOptions,
): Promise<BackfillResult> {
  const { onEvent, signal } = options;
  const name = 'the backfill lock';
  const onWait = announceWait(name, onEvent);
  const lock = { name, key: 'backfill', waitMs: options.lockWaitMs, signal, onWait };
  return database.connect(async (client) => {
    if (!options.dryRun)
      return withAdvisoryLock(database, client, lock, () => fillAll(client, tenancy, options));
    const prepared = await patiently(options, () => prepare(client, tenancy, options));
    return summary(options, prepared, prepared.tables.map(untouched));
  });
}

async function fillAll(
  client: Client,
  tenancy: TenancyConfig,
  options: BackfillOptions,
): Promise<BackfillResult> {
  const prepared = await patiently(options, () => prepare(client, tenancy, options));
  let results: TableResult[] = [];
  /** A failure is told together with what came before it. */
  const guarded = async (table: TableResult, act: () => Promise<TableResult>) => {
    try {
      return await act();
    } catch (error) {
      const done = results.filter(({ plan }) => plan !== table.plan).map(tableDocument);
      throw backfillFailure(error, displayName(table.plan.relation), { tables: done }, options.signal);
    }
  };
  const expand = async () => {
    const tables: TableResult[] = [];
    for (const table of prepared.tables.map(untouched)) {
      tables.push(await guarded(table, () => expandTable(client, table, options)));
    }
    return tables;
  };
  const missing = prepared.tables.some(({ plan }) => plan.missing);
  const keeper = { command: 'backfill-tenant', onEvent: options.onEvent };
  // All columns first: tables may derive from each other.
  const tables = missing ? await keepFingerprint(client, keeper, expand) : await expand();
  for (const table of tables) results.push(await guarded(table, () => fillTable(client, table, options)));
  // Tables that derive from each other take turns until nothing comes of it any more.
  for (let progress = prepared.cyclic; progress; ) {
    const before = totalUpdated(results);
    const next: TableResult[] = [];
    for (const table of results) {
      const waits = (table.tally.left.parent ?? 0) > 0;
      next.push(waits ? await guarded(table, () => sweepTable(client, table, options)) : table);
    }
    results = next;
    progress = totalUpdated(results) > before;
  }
  return summary(options, prepared, results);
}

function totalUpdated(results: readonly TableResult[]): number {
  return results.reduce((sum, { tally }) => sum + tally.updated, 0);
}

function summary(options: BackfillOptions, prepared: Prepared, tables: TableResult[]): BackfillResult {
  return {
    ...{ dryRun: options.dryRun, tenant: options.tenant, tables },
    skipped: prepared.skipped.map(({ table: { relation }, reason }) => {
      const { schema, name } = relation;
      return { schema, name, reason };
    }),
  };
}
