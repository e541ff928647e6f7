import { nameOf, type SourceFile } from '../source-files.js';
import type { History } from './history.js';

/** A migration that the database holds, wholly or in part. */
export interface Standing {
  name: string;
  /** As recorded. */
  file: string;
  batch: number;
  /** null where knex's ledger does not say, or the migration is not finished. */
  appliedAt: Date | null;
  /** How long its last application took; undefined where knex ran it. */
  durationMs: number | undefined;
  /** Its rows in knex's ledger: none where it was never finished, several where it ran as .ts and as .js. */
  ids: number[];
  /** The direction that was begun and not finished. */
  partWay: 'up' | 'down' | undefined;
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
    const entry = log.get(name);
    const ids = [...(standing.get(name)?.ids ?? []), id];
    // The last of several rows decides the place.
    standing.delete(name);
    standing.set(name, {
      ...{ name, file, batch, appliedAt, ids },
      durationMs: entry?.durationMs ?? undefined,
      partWay: entry?.state === 'reverting' ? 'down' : undefined,
      source: sources.get(name),
    });
  }
  for (const { name, file, state, batch } of history.log) {
    if (state !== 'started' || standing.has(name)) continue;
    standing.set(name, {
      ...{ name, file, batch, appliedAt: null, ids: [] },
      durationMs: undefined,
      partWay: 'up',
      source: sources.get(name),
    });
  }
  return [...standing.values()];
}

/** The files that `migrate` has to run: new ones, and those that an earlier run left part way. */
export function pendingFiles(files: readonly SourceFile[], standing: readonly Standing[]): SourceFile[] {
  const done = new Set(standing.filter(({ partWay }) => partWay === undefined).map(({ name }) => name));
  return files.filter(({ name }) => !done.has(name));
}
