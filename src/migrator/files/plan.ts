import { findSource, type SourceFile } from '../../source-files.js';
import type { History } from '../ledger/history.js';
import { pendingFiles, type Standing } from '../ledger/standing.js';

export interface MigrationPlan {
  /** To be run now, in this order. */
  run: SourceFile[];
  /** Pending too, but beyond `--to`. */
  later: SourceFile[];
}

/**
 * Decides what `migrate` runs.
 *
 * @param to the last file to run, with or without extension; everything pending where undefined
 * @throws TenantctlError usage, where no file is named so
 */
export function planMigration(
  files: readonly SourceFile[],
  standing: readonly Standing[],
  to: string | undefined,
): MigrationPlan {
  const pending = pendingFiles(files, standing);
  if (to === undefined) return { run: pending, later: [] };
  const last = files.indexOf(findSource(files, to, '--to'));
  const within = new Set(files.slice(0, last + 1));
  return {
    run: pending.filter((file) => within.has(file)),
    later: pending.filter((file) => !within.has(file)),
  };
}

/** One number for the whole run, as knex's `latest` has it. */
export function nextBatch({ rows }: Pick<History, 'rows'>): number {
  return Math.max(0, ...rows.map(({ batch }) => batch)) + 1;
}

export type RollbackSelection =
  | { kind: 'batch' }
  | { kind: 'steps'; count: number }
  | { kind: 'to'; name: string }
  | { kind: 'all' };

/**
 * Decides what `rollback` undoes, newest first.
 *
 * @throws TenantctlError usage, where `--to` names nothing that is applied
 */
export function planRollback(standing: readonly Standing[], selection: RollbackSelection): Standing[] {
  const newestFirst = [...standing].reverse();
  switch (selection.kind) {
    case 'all':
      return newestFirst;
    case 'steps':
      return newestFirst.slice(0, selection.count);
    case 'to':
      return newestFirst.slice(0, newestFirst.indexOf(findSource(newestFirst, selection.name, '--to')));
    case 'batch': {
      const last = Math.max(...standing.map(({ batch }) => batch));
      return newestFirst.filter(({ batch }) => batch === last);
    }
  }
}
