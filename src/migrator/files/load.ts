import { TenantctlError } from '../../errors.js';
import type { Knex } from '../../postgres/knex.js';
import { parseStatements } from '../../postgres/statements.js';
import type { Work } from '../../postgres/work.js';
import { loadSourceModule, readSource, type SourceFile } from '../../source-files.js';
import { sqlOf } from '../../sql-text.js';
import { readSections } from './sql-sections.js';

export type Direction = 'up' | 'down';

/** One direction of a migration, ready to run. */
export interface Step {
  source: SourceFile;
  /** Of the file. */
  text: string;
  checksum: string;
  work: Work;
  /** Whether it runs in a transaction, as it does unless it asks not to. */
  transaction: boolean;
}

/** What is loaded, or being loaded, by its path. */
export type Loading = Map<string, Promise<Step | undefined>>;

/**
 * Loads one direction of each migration, so that a fault in any of them is found before the first one runs.
 *
 * @param loading what was asked for before is not loaded again
 * @throws TenantctlError usage: a file that cannot be evaluated or parsed, or lacks the direction
 */
export async function loadSteps(
  sources: readonly SourceFile[],
  direction: Direction,
  loading: Loading = new Map(),
): Promise<Step[]> {
  for (const source of sources) {
    if (!loading.has(source.path)) loading.set(source.path, loadStep(source, direction));
  }
  // The first file that fails is the one to be told of, whichever failed first.
  await Promise.allSettled(loading.values());
  const steps: Step[] = [];
  const without: SourceFile[] = [];
  for (const source of sources) {
    const step = await loading.get(source.path);
    if (step) steps.push(step);
    else without.push(source);
  }
  if (without.length > 0) throw lacking(without, direction);
  return steps;
}

async function loadStep(source: SourceFile, direction: Direction): Promise<Step | undefined> {
  const { text, checksum } = await readSource(source);
  const loaded = source.path.endsWith('.sql')
    ? await loadSql(source.path, text, direction)
    : await loadFunction(source, direction);
  return loaded && { source, text, checksum, ...loaded };
}

async function loadSql(path: string, text: string, direction: Direction) {
  const section = (await readSections({ path, text: sqlOf({ path, text }) })).find(
    (each) => each.direction === direction,
  );
  if (!section) return undefined;
  const statements = await parseStatements(section.sql, section.transaction);
  // A section without a statement is a template that nobody filled in.
  if (statements.length === 0) return undefined;
  return { work: { kind: 'sql', statements } satisfies Work, transaction: section.transaction };
}

async function loadFunction(source: SourceFile, direction: Direction) {
  const module = await loadSourceModule(source);
  const run = module[direction];
  if (typeof run !== 'function') return undefined;
  const config = module.config as { transaction?: unknown } | undefined;
  return {
    work: { kind: 'knex', run: run as (knex: Knex) => unknown } satisfies Work,
    transaction: config?.transaction !== false,
  };
}

function lacking(without: readonly SourceFile[], direction: Direction): TenantctlError {
  const paths = without.map(({ path }) => path).join(', ');
  return new TenantctlError({
    kind: 'usage',
    code: direction === 'up' ? 'NO_UP' : 'NO_DOWN',
    message: `Cannot ${direction === 'up' ? 'apply' : 'roll back'} ${paths}: it has no \`${direction}\`.`,
    hint: `export async function ${direction}(knex), or in a .sql file a section \`-- migrate:${direction}\` with a statement`,
  });
}
