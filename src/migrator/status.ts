import type { MigrationsConfig } from '../config/config.js';
import type { Database } from '../postgres/database.js';
import { readServerInfo, type ServerInfo } from '../postgres/server.js';
import { withTransaction } from '../postgres/transaction.js';
import { discoverSources } from '../source-files.js';
import { readHistory } from './history.js';
import { locateLedger } from './ledger.js';
import type { Direction } from './load.js';
import { pendingFiles, standings } from './standing.js';

/** How files and database stand to each other; the fields of `status`'s JSON document. Each migration is in one list. */
export interface StatusResult {
  server: ServerInfo;
  ledger: { schema: string; table: string };
  /** In order of application. */
  applied: { name: string; batch: number; appliedAt: Date | null; durationMs: number | null }[];
  /** In the order in which they would run. */
  pending: string[];
  /** Recorded as applied, and not there as a file. */
  missing: { name: string; batch: number; appliedAt: Date | null }[];
  /** Begun outside a transaction and not finished. */
  partWay: { name: string; batch: number; direction: Direction }[];
  /** knex's own lock is set. */
  knexLocked: boolean;
}

/** Reports where the database stands, from the database itself. Writes nothing, not even its own tables. */
export async function status(database: Database, migrations: MigrationsConfig): Promise<StatusResult> {
  const files = await discoverSources(migrations.directories, 'migrations');
  return database.connect(async (client) => {
    const server = await readServerInfo(client, database.settings);
    const ledger = await locateLedger(client, migrations);
    const history = await withTransaction(client, 'repeatable read, read only', () =>
      readHistory(client, ledger),
    );
    const standing = standings(files, history);
    const partWay = standing.flatMap(({ file, batch, partWay: direction, source }) =>
      direction && source ? { name: file, batch, direction } : [],
    );
    const begun = new Set(partWay.map(({ name }) => name));
    return {
      server,
      ledger: { schema: ledger.schema, table: ledger.name },
      applied: standing
        .filter((each) => each.source && each.partWay === undefined)
        .map(({ file, batch, appliedAt, durationMs = null }) => ({
          name: file,
          batch,
          appliedAt,
          durationMs,
        })),
      pending: pendingFiles(files, standing)
        .map(({ file }) => file)
        .filter((file) => !begun.has(file)),
      missing: standing
        .filter(({ source }) => source === undefined)
        .map(({ file, batch, appliedAt }) => ({ name: file, batch, appliedAt })),
      partWay,
      knexLocked: history.knexLocked,
    };
  });
}

/** Whether there is nothing left to be done: what `status --check` asks. */
export function isUpToDate({ pending, missing, partWay }: StatusResult): boolean {
  return pending.length + missing.length + partWay.length === 0;
}
