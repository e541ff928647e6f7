import { TenantctlError } from '../errors.js';
import type { Knex } from '../postgres/knex.js';
import { parseStatements } from '../postgres/statements.js';
import type { Work } from '../postgres/work.js';
import { loadSourceModule, readSource, type SourceFile } from '../source-files.js';
import { sqlOf } from '../sql-text.js';

/** A seed as found: what it is called, and what it says. */
export interface Seed {
  source: SourceFile;
  text: string;
  checksum: string;
}

export async function readSeed(source: SourceFile): Promise<Seed> {
  return { source, ...(await readSource(source)) };
}

/**
 * Loads what a seed does. It always runs in a transaction.
 *
 * @throws TenantctlError usage: a file that cannot be evaluated or parsed, or has nothing to run
 */
export async function loadWork({ source, text }: Seed): Promise<Work> {
  const { path } = source;
  if (path.endsWith('.sql')) {
    const statements = await parseStatements({ path, text: sqlOf({ path, text }), line: 1 }, true);
    if (statements.length > 0) return { kind: 'sql', statements };
    throw nothingToRun(path);
  }
  const { seed } = await loadSourceModule(source);
  if (typeof seed === 'function') return { kind: 'knex', run: seed as (knex: Knex) => unknown };
  throw nothingToRun(path);
}

function nothingToRun(path: string): TenantctlError {
  return new TenantctlError({
    kind: 'usage',
    code: 'NO_SEED',
    message: `Cannot run the seed ${path}: it has nothing to run.`,
    hint: 'export async function seed(knex), or SQL in a .sql file',
  });
}
