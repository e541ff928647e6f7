import { TenantctlError } from '../errors.js';
import { quoteName } from '../identifiers.js';
import { findSource, type SourceFile } from '../source-files.js';
import type { Ledger } from './ledger.js';
import { pendingFiles, type Standing } from './standing.js';

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

/**
 * Refuses to work on migrations whose files are not there.
 *
 * @throws TenantctlError gate, with names, batch, date, directory and the likely causes
 */
export function refuseMissing(
  standing: readonly Standing[],
  act: string,
  ledger: Ledger,
  directories: readonly string[],
): void {
  const missing = standing.filter(({ source }) => source === undefined);
  if (missing.length === 0) return;
  const lines = missing.map(({ file, batch, appliedAt }) => {
    return `  ${file} (batch ${batch}${appliedAt === null ? '' : `, ${appliedAt.toISOString()}`})`;
  });
  throw new TenantctlError({
    kind: 'gate',
    code: 'MIGRATIONS_MISSING',
    message: `Cannot ${act}: ${quoteName(ledger)} names migrations that are not in ${directories.join(', ')}:\n${lines.join('\n')}`,
    hint: [
      'one of',
      '  git log --all -- "*/<file>"   another branch applied it: merge that branch, or roll back from it',
      '  tenantctl status              is this the database and the ledger that were meant?',
      '  migrations.directory          is this the directory that it came from?',
    ].join('\n'),
    partial: { missing: missing.map(({ file, batch, appliedAt }) => ({ name: file, batch, appliedAt })) },
  });
}
