import { hostname } from 'node:os';
import { keepFingerprint } from '../catalog/fingerprint/keep.js';
import type { MigrationsConfig } from '../config/config.js';
import { TenantctlError } from '../errors.js';
import { quoteName } from '../identifiers.js';
import type { Client } from '../postgres/connect.js';
import type { Database } from '../postgres/database.js';
import { readSource, type SourceFile } from '../source-files.js';
import { VERSION } from '../version.js';
import { nextBatch, planMigration } from './files/plan.js';
import { refuseIrregular } from './files/refuse.js';
import { createLedger, type Ledger, LOG, locateLedger } from './ledger/ledger.js';
import type { Standing } from './ledger/standing.js';
import { surveyMigrations } from './ledger/survey.js';
import { withKnexLock } from './lock/knex-lock.js';
import { type LockWait, withMigrationLock } from './lock/lock.js';

export interface BaselineOptions extends LockWait {
  migrations: MigrationsConfig;
  /** The last file that the database already has, with or without extension. */
  to: string;
  dryRun: boolean;
}

/** What `migrate baseline` did; the fields of its JSON document. */
export interface BaselineResult {
  dryRun: boolean;
  /** How many were applied before. */
  before: number;
  /** Counted as applied now, without having been run. */
  recorded: { name: string; batch: number }[];
  /** What `migrate` would run next. */
  pending: string[];
}

/**
 * Records the pending migrations up to one as applied, without running them: for a database that was made by other
 * means and has what they would make.
 *
 * @throws TenantctlError gate: files and ledger do not fit together, or one of the files is part way; usage: no file is
 *   named so; retry: a lock
 */
export async function baseline(database: Database, options: BaselineOptions): Promise<BaselineResult> {
  return database.connect(async (client) => {
    const ledger = await locateLedger(client, options.migrations);
    const look = () => survey(client, ledger, options);
    if (options.dryRun) return (await look()).result;
    return withMigrationLock(database, client, ledger, options, async () => {
      const keeper = { command: 'migrate baseline', onEvent: options.onEvent };
      return keepFingerprint(client, keeper, async () => {
        await createLedger(client, ledger);
        return withKnexLock(client, ledger, options, async () => {
          const { files, batch, result } = await look();
          await record(client, ledger, files, batch);
          return result;
        });
      });
    });
  });
}

async function survey(client: Client, ledger: Ledger, { migrations, to, dryRun }: BaselineOptions) {
  const { files, history, standing, irregular } = await surveyMigrations(client, ledger, migrations);
  refuseIrregular(irregular, 'allow', ledger, migrations.directories);
  const { run, later } = planMigration(files, standing, to);
  refusePartWay(standing, run);
  const batch = nextBatch(history);
  const result: BaselineResult = {
    dryRun,
    before: standing.filter(({ partWay }) => partWay === undefined).length,
    recorded: run.map(({ file }) => ({ name: file, batch })),
    pending: later.map(({ file }) => file),
  };
  return { files: run, batch, result };
}

function refusePartWay(standing: readonly Standing[], run: readonly SourceFile[]): void {
  const names = new Set(run.map(({ name }) => name));
  const begun = standing.find(({ name, partWay }) => partWay !== undefined && names.has(name));
  if (!begun) return;
  throw new TenantctlError({
    kind: 'gate',
    code: 'PART_WAY_FIRST',
    message: `Cannot record ${begun.file} as applied: it was begun and not finished.`,
    hint: `tenantctl migrate, which finishes it; or tenantctl migrate repair --applied ${begun.name} --reason "…"`,
  });
}

async function record(
  client: Client,
  ledger: Ledger,
  files: readonly SourceFile[],
  batch: number,
): Promise<void> {
  if (files.length === 0) return;
  const checksums = await Promise.all(files.map(async (file) => (await readSource(file)).checksum));
  const table = quoteName(ledger);
  await client.query(
    `with given as (
       select * from unnest($2::text[], $3::text[], $4::text[]) with ordinality as given (name, file, checksum, place)
     ), new as (
       insert into ${table} (name, batch, migration_time)
       select file, $5::integer, clock_timestamp() from given order by place
       returning id, name as file
     )
     insert into ${LOG} (ledger, name, file, state, batch, checksum, host, version, row_id)
     select $1, given.name, file, 'baselined', $5::integer, checksum, $6, $7, new.id from given join new using (file)
     on conflict (ledger, name) do update
       set (file, state, batch, checksum, started_at, duration_ms, role, host, version, row_id, statements) =
           (excluded.file, excluded.state, excluded.batch, excluded.checksum, excluded.started_at, null,
            excluded.role, excluded.host, excluded.version, excluded.row_id, null)`,
    [
      table,
      files.map(({ name }) => name),
      files.map(({ file }) => file),
      checksums,
      ...[batch, hostname(), VERSION],
    ],
  );
}
