import { existsSync } from 'node:fs';
import type { SeedsConfig } from '../config/config.js';
import { TenantctlError } from '../errors.js';
import type { OnEvent } from '../events.js';
import type { Client } from '../postgres/connect.js';
import type { Database } from '../postgres/database.js';
import { withTransaction } from '../postgres/transaction.js';
import type { TenancyConfig } from '../tenancy/config.js';

const BATCH = 5_000;

/** What the migrations are run with. */
interface Run {
  lockWaitMs: number;
  onEvent: OnEvent;
  signal: AbortSignal;
}

/**
 * Applies migrations to a scratch database. A project that made one tenant into many has a migration that stops until
 * `backfill-tenant` has filled the tenant column: there that is done, for the first tenant that the migrations have made.
 * Whose the rows are is nobody's business in a scratch database.
 *
 * @param migrateAll applies what is pending
 * @returns the tenant that was given the rows; undefined where nothing had to be filled
 * @throws TenantctlError where a migration stops all the same
 */
export async function applyWithBackfill(
  empty: Database,
  tenancy: TenancyConfig,
  run: Run,
  migrateAll: () => Promise<unknown>,
): Promise<string | undefined> {
  let tenant: string | undefined;
  for (;;) {
    try {
      await migrateAll();
      return tenant;
    } catch (error) {
      if (!isStopped(error)) throw error;
      const filled = await backfill(empty, tenancy, run);
      if (filled === undefined) throw asOfSelfTest(error);
      tenant = filled;
    }
  }
}

function isStopped(error: unknown): error is TenantctlError {
  return error instanceof TenantctlError && (error.kind === 'step-failed' || error.kind === 'part-way');
}

/** @returns the tenant; undefined where there is none, or nothing came of it */
async function backfill(empty: Database, tenancy: TenancyConfig, run: Run): Promise<string | undefined> {
  const tenant = await firstTenant(empty, tenancy);
  if (tenant === undefined) return undefined;
  const { backfillTenant } = await import('../backfill/run.js');
  const wish = { tables: [], tenant, batchSize: BATCH, dryRun: false };
  const { tables } = await backfillTenant(empty, tenancy, { ...run, ...wish });
  return tables.some(({ added, tally }) => added || tally.updated > 0) ? tenant : undefined;
}

async function firstTenant(empty: Database, tenancy: TenancyConfig): Promise<string | undefined> {
  return withRoot(empty, tenancy, async (client, root, key) => {
    const text = `select ${key}::text as key from ${root} order by ${key} limit 1`;
    return (await client.query<{ key: string }>(text)).rows[0]?.key;
  });
}

/**
 * Runs the seeds where nothing could be tried without: the migrations have made fewer than two tenants, and the application
 * may add none.
 *
 * @returns whether they were run
 * @throws TenantctlError where one fails
 */
export async function seedTenants(
  empty: Database,
  tenancy: TenancyConfig,
  run: Run,
  { role, seeds }: { role: string; seeds: SeedsConfig },
): Promise<boolean> {
  const directories = seeds.directories.filter((directory) => existsSync(directory));
  const lacks = await withRoot(empty, tenancy, async (client, root) => {
    const { rows } = await client.query<{ lacks: boolean }>(
      `select (select count(*) from (select from ${root} limit 2) t) < 2
          and not pg_catalog.has_any_column_privilege($1, $2, 'INSERT') as lacks`,
      [role, root],
    );
    return rows[0]?.lacks;
  });
  if (!lacks || directories.length === 0) return false;
  const { seed } = await import('../seeder/seed.js');
  await seed(empty, { ...run, seeds: { ...seeds, directories } });
  return true;
}

/** @param use is given the table of tenants and its key, quoted; undefined comes of it where there is no such table yet */
async function withRoot<T>(
  empty: Database,
  tenancy: TenancyConfig,
  use: (client: Client, root: string, key: string) => Promise<T>,
): Promise<T | undefined> {
  const [{ readTables }, { classifySoFar }, { quoteIdent, quoteName }] = await Promise.all([
    import('../catalog/read.js'),
    import('../tenancy/so-far.js'),
    import('../identifiers.js'),
  ]);
  return empty.connect((client) =>
    withTransaction(client, 'repeatable read, read only', async () => {
      const root = classifySoFar(await readTables(client), tenancy)?.root;
      if (root?.tenantColumn === undefined) return undefined;
      return use(client, quoteName(root.relation), quoteIdent(root.tenantColumn));
    }),
  );
}

/** What helps on a database of one's own is of no use here. */
function asOfSelfTest(cause: TenantctlError): TenantctlError {
  const { kind, message, sql } = cause;
  return new TenantctlError({
    kind,
    code: 'SELF_TEST_MIGRATIONS',
    message: `Cannot make the schema to test in an empty database: ${message}`,
    hint:
      'the migrations have to run there by themselves; only what `tenantctl backfill-tenant` does is done in between, where ' +
      'the tenant column is missing and the root has a row',
    ...(sql && { sql }),
    cause,
  });
}
