import type { Drift } from '../catalog/fingerprint/drift.js';
import { readDrift, type SchemaDrift } from '../catalog/fingerprint/read-drift.js';
import type { MigrationsConfig } from '../config/config.js';
import type { Database } from '../postgres/database.js';
import { readServerInfo, type ServerInfo } from '../postgres/server.js';
import { withTransaction } from '../postgres/transaction.js';
import type { Direction } from './files/load.js';
import { describeAmbiguous, toRecorded } from './files/refuse.js';
import { locateLedger } from './ledger/ledger.js';
import { pendingFiles } from './ledger/standing.js';
import { type Survey, surveyMigrations } from './ledger/survey.js';

/** A migration as knex's ledger has it. */
export interface Recorded {
  name: string;
  batch: number;
  appliedAt: Date | null;
}

/** A migration that was begun and not finished. */
export interface PartWay {
  name: string;
  batch: number;
  direction: Direction;
  /** How many of its statements are finished. */
  finished: number;
  /** The statement that comes next, where it was begun. */
  next: string | null;
}

/** How files and database stand to each other; the fields of `status`'s JSON document. Each migration is in one list. */
export interface StatusResult {
  server: ServerInfo;
  ledger: { schema: string; table: string };
  /** In order of application. */
  applied: (Recorded & { durationMs: number | null })[];
  /** In the order in which they would run. */
  pending: string[];
  /** Of those that are pending: what comes before one that is applied. */
  late: string[];
  /** Recorded as applied, and not there as a file. */
  missing: Recorded[];
  /** Recorded as applied, and not there as a file, which `migrate repair` has accepted. */
  retired: Recorded[];
  /** Applied, and edited since. */
  changed: Recorded[];
  /** Files that share a name. */
  ambiguous: { name: string; paths: string[] }[];
  /** Begun outside a transaction and not finished. */
  partWay: PartWay[];
  /** knex's own lock is set. */
  knexLocked: boolean;
  /** When and by what the schema was last seen as tenantctl left it, and whether it can be compared with that. */
  fingerprint: Omit<SchemaDrift, 'drift'>;
  /** What was created, changed or dropped since, by others. */
  drift: Drift[];
}

/** Reports where the database stands, from the database itself. Writes nothing, not even its own tables. */
export async function status(database: Database, migrations: MigrationsConfig): Promise<StatusResult> {
  return database.connect(async (client) => {
    const server = await readServerInfo(client, database.settings);
    const ledger = await locateLedger(client, migrations);
    const survey = await withTransaction(client, 'repeatable read, read only', () =>
      surveyMigrations(client, ledger, migrations),
    );
    const { drift, ...fingerprint } = await readDrift(client);
    const place = { schema: ledger.schema, table: ledger.name };
    return { server, ledger: place, ...sort(survey), fingerprint, drift };
  });
}

type Sorted = Omit<StatusResult, 'server' | 'ledger' | 'fingerprint' | 'drift'>;

function sort({ files, standing, irregular, history }: Survey): Sorted {
  const changed = new Set(irregular.changed);
  const partWay = standing.flatMap(({ file, batch, partWay: direction, source, past }) =>
    direction && source
      ? { name: file, batch, direction, finished: past.finished.length, next: past.begun ?? null }
      : [],
  );
  const begun = new Set(partWay.map(({ name }) => name));
  return {
    applied: standing
      .filter((each) => each.source && each.partWay === undefined && !changed.has(each))
      .map((each) => ({ ...toRecorded(each), durationMs: each.durationMs ?? null })),
    pending: pendingFiles(files, standing)
      .map(({ file }) => file)
      .filter((file) => !begun.has(file)),
    late: irregular.late.map(({ source }) => source.file),
    missing: irregular.missing.map(toRecorded),
    retired: standing
      .filter(({ source, logged }) => source === undefined && logged === 'retired')
      .map(toRecorded),
    changed: irregular.changed.map(toRecorded),
    ambiguous: describeAmbiguous(irregular.ambiguous),
    partWay,
    knexLocked: history.knexLocked,
  };
}

/**
 * What `status --check` asks: whether something is left to be done, or differs; `unknown` where drift cannot be told. A
 * database without a fingerprint has made no promise about its schema yet.
 */
export function standOf(result: StatusResult): 'up to date' | 'behind' | 'unknown' {
  const { pending, missing, changed, ambiguous, partWay, drift, fingerprint } = result;
  const left = [pending, missing, changed, ambiguous, partWay, drift];
  if (left.some(({ length }) => length > 0)) return 'behind';
  return ['absent', 'comparable'].includes(fingerprint.state) ? 'up to date' : 'unknown';
}

/** Whether there is nothing left to be done, and nothing that differs. */
export function isUpToDate(result: StatusResult): boolean {
  return standOf(result) === 'up to date';
}
