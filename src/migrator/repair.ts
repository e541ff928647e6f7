import { hostname } from 'node:os';
import type { MigrationsConfig } from '../config/config.js';
import { TenantctlError } from '../errors.js';
import { quoteName } from '../identifiers.js';
import type { Client } from '../postgres/connect.js';
import type { Database } from '../postgres/database.js';
import { withTransaction } from '../postgres/transaction.js';
import { findSource } from '../source-files.js';
import { VERSION } from '../version.js';
import { takeIn } from './ledger/adopt.js';
import { createLedger, type Ledger, LOG, locateLedger } from './ledger/ledger.js';
import type { Standing } from './ledger/standing.js';
import { type Survey, surveyMigrations } from './ledger/survey.js';
import { withKnexLock } from './lock/knex-lock.js';
import { type LockWait, withMigrationLock } from './lock/lock.js';

/**
 * `accept`: the file as it is now, edited or gone, is what was applied. For one that is part way: `applied`, it has been
 * brought to its end by hand; `pending`, what there was of it has been undone by hand.
 */
export type Decision = 'accept' | 'applied' | 'pending';

export interface RepairOptions extends LockWait {
  migrations: MigrationsConfig;
  decision: Decision;
  /** The migration, with or without extension. */
  name: string;
  /** Kept with the record. */
  reason: string;
  dryRun: boolean;
}

/** What `migrate repair` did; the fields of its JSON document. */
export interface RepairResult {
  dryRun: boolean;
  name: string;
  was: 'changed' | 'missing' | 'part way';
  now: 'applied' | 'retired' | 'pending';
  reason: string;
}

interface Repair {
  migration: Standing;
  result: RepairResult;
}

/**
 * Settles by decision what cannot be settled by looking: records it together with who decided it, when and why. Runs
 * nothing of the migration.
 *
 * @throws TenantctlError usage: no such migration, or nothing about it to decide so; retry: a lock
 */
export async function repair(database: Database, options: RepairOptions): Promise<RepairResult> {
  return database.connect(async (client) => {
    const ledger = await locateLedger(client, options.migrations);
    const look = () => surveyMigrations(client, ledger, options.migrations);
    if (options.dryRun) return planRepair(await look(), options).result;
    return withMigrationLock(database, client, ledger, options, async () => {
      planRepair(await look(), options);
      await createLedger(client, ledger);
      return withKnexLock(client, ledger, options, async () => {
        const survey = await look();
        const planned = planRepair(survey, options);
        await withTransaction(client, 'read write', async () => {
          await takeIn(client, ledger, survey);
          await note(client, ledger, planned);
          await settle(client, ledger, planned, survey);
        });
        return planned.result;
      });
    });
  });
}

function planRepair(
  { standing, irregular }: Survey,
  { name, decision, reason, dryRun }: RepairOptions,
): Repair {
  const migration = findSource(standing, name, `--${decision}`);
  const plan = (was: RepairResult['was'], now: RepairResult['now']): Repair => ({
    migration,
    result: { dryRun, name: migration.file, was, now, reason },
  });
  if (migration.partWay !== undefined) {
    if (decision !== 'accept') return plan('part way', decision);
  } else if (decision === 'accept') {
    if (irregular.changed.includes(migration)) return plan('changed', 'applied');
    if (irregular.missing.includes(migration)) return plan('missing', 'retired');
  }
  throw nothingToRepair(migration, decision);
}

function nothingToRepair({ name, file, partWay }: Standing, decision: Decision): TenantctlError {
  const cause =
    partWay !== undefined
      ? 'it was begun and not finished, and that cannot be accepted as it is'
      : decision === 'accept'
        ? 'its file is there, and as it was when it was applied'
        : 'it is applied, whole';
  const hint = partWay
    ? `tenantctl migrate goes on with it; --applied ${name}: brought to its end by hand; --pending ${name}: undone by hand`
    : 'tenantctl status names what needs a decision';
  return new TenantctlError({
    kind: 'usage',
    code: 'NOTHING_TO_REPAIR',
    message: `Cannot repair ${file}: ${cause}.`,
    hint,
  });
}

async function settle(
  client: Client,
  ledger: Ledger,
  { migration, result }: Repair,
  { checksums }: Survey,
): Promise<void> {
  const table = quoteName(ledger);
  const { name, file, batch, ids } = migration;
  if (result.was === 'missing') {
    await client.query(`update ${LOG} set state = 'retired' where ledger = $1 and name = $2`, [table, name]);
  } else if (result.was === 'changed') {
    const current = checksums.get(name);
    await client.query(`update ${LOG} set checksum = $3 where ledger = $1 and name = $2`, [
      table,
      name,
      current,
    ]);
  } else if (result.now === 'pending') {
    await client.query(
      `with gone as (delete from ${table} where id = any($3))
       update ${LOG} set state = 'discarded', row_id = null where ledger = $1 and name = $2`,
      [table, name, ids],
    );
  } else {
    await client.query(
      `with old as (delete from ${table} where id = any($5)),
            new as (insert into ${table} (name, batch, migration_time) values ($3, $4, clock_timestamp()) returning id)
       update ${LOG} set state = 'applied', row_id = (select id from new), checksum = coalesce($6, checksum)
        where ledger = $1 and name = $2`,
      [table, name, file, batch, ids, checksums.get(name) ?? null],
    );
  }
}

/** Decisions stay with the migration's entry, whatever becomes of it. */
async function note(client: Client, ledger: Ledger, { migration, result }: Repair): Promise<void> {
  await client.query(
    `update ${LOG}
        set repairs = repairs || jsonb_build_object(
              'at', clock_timestamp(), 'role', session_user, 'host', $3::text, 'version', $4::text,
              'was', $5::text, 'now', $6::text, 'reason', $7::text, 'checksum', checksum)
      where ledger = $1 and name = $2`,
    [quoteName(ledger), migration.name, hostname(), VERSION, result.was, result.now, result.reason],
  );
}
