import { nameOf, type SourceFile } from '../../source-files.js';
import type { History, LogRow } from './history.js';
import { NO_PAST, type Past } from './memory.js';

/** A migration that the database holds, wholly or in part. */
export interface Standing {
  name: string;
  /** As recorded. */
  file: string;
  batch: number;
  /** null where knex's ledger does not say, or the migration is not finished. */
  appliedAt: Date | null;
  /** How long its last application took; undefined where tenantctl did not run it. */
  durationMs: number | undefined;
  /** Its rows in knex's ledger: none where it was never finished, several where it ran as .ts and as .js. */
  ids: number[];
  /** The direction that was begun and not finished. */
  partWay: 'up' | 'down' | undefined;
  /** What is done of one that is part way. */
  past: Past;
  /** Of the file that was applied; undefined where nobody recorded it. */
  checksum: string | undefined;
  /** How it came to be applied, as far as the log knows; undefined where it does not: knex did it. */
  logged: LogRow['state'] | undefined;
  /** undefined: missing as a file. */
  source: SourceFile | undefined;
}

/**
 * Brings the files and the history together: what stands in the database, in the order in which it was applied. knex's
 * ledger decides what is applied, whatever the log remembers: the knex CLI may have gone on from there.
 */
export function standings(files: readonly SourceFile[], history: Pick<History, 'rows' | 'log'>): Standing[] {
  const sources = new Map(files.map((source) => [source.name, source]));
  const log = new Map(history.log.map((entry) => [entry.name, entry]));
  const standing = new Map<string, Standing>();
  for (const { id, file, batch, appliedAt } of history.rows) {
    const name = nameOf(file);
    const ids = [...(standing.get(name)?.ids ?? []), id];
    const entry = entryOf(log.get(name), ids);
    // The last of several rows decides the place.
    standing.delete(name);
    standing.set(name, {
      ...{ name, file, batch, appliedAt, ids },
      durationMs: entry?.durationMs ?? undefined,
      partWay: PART_WAY[entry?.state ?? 'applied'],
      past: pastOf(entry),
      checksum: entry?.checksum ?? undefined,
      logged: entry?.state,
      source: sources.get(name),
    });
  }
  for (const entry of history.log) {
    const { name, file, state, batch, checksum } = entry;
    if (state !== 'started' || standing.has(name)) continue;
    standing.set(name, {
      ...{ name, file, batch, appliedAt: null, ids: [] },
      ...{
        durationMs: undefined,
        partWay: 'up',
        past: pastOf(entry),
        checksum: checksum ?? undefined,
        logged: state,
      },
      source: sources.get(name),
    });
  }
  return [...standing.values()];
}

function pastOf(entry: LogRow | undefined): Past {
  if (!entry) return NO_PAST;
  const { finished, begun, inFlight, checksum } = entry;
  return { finished, begun: begun ?? undefined, inFlight, checksum: checksum ?? undefined };
}

const PART_WAY: Partial<Record<LogRow['state'], 'up' | 'down'>> = { started: 'up', reverting: 'down' };

const UNAPPLIED: ReadonlySet<LogRow['state']> = new Set(['started', 'discarded']);

/** The log's entry, unless knex has gone on since: applied what was begun, or undone and applied what was recorded. */
function entryOf(entry: LogRow | undefined, ids: readonly number[]): LogRow | undefined {
  if (!entry || (entry.rowId !== null && !ids.includes(entry.rowId))) return undefined;
  // Begun where a row already stood: partly reverted before, and its row goes when it is finished.
  return entry.rowId === null && UNAPPLIED.has(entry.state) ? undefined : entry;
}

/** The files that `migrate` has to run: new ones, and those that an earlier run left part way. */
export function pendingFiles(files: readonly SourceFile[], standing: readonly Standing[]): SourceFile[] {
  const done = new Set(standing.filter(({ partWay }) => partWay === undefined).map(({ name }) => name));
  return files.filter(({ name }) => !done.has(name));
}
