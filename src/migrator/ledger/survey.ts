import type { MigrationsConfig } from '../../config/config.js';
import type { Client } from '../../postgres/connect.js';
import { listSources, readSource, type SourceFile, sameNamed } from '../../source-files.js';
import { type History, readHistory } from './history.js';
import { findIrregularities, type Irregularities } from './irregular.js';
import type { Ledger } from './ledger.js';
import { type Standing, standings } from './standing.js';

/** Files and database, read once and brought together. */
export interface Survey {
  /** In order, each name once. */
  files: SourceFile[];
  history: History;
  standing: Standing[];
  /** By name, of the files of what stands. */
  checksums: ReadonlyMap<string, string>;
  irregular: Irregularities;
}

/** Reads where files and database stand to each other; writes nothing. */
export async function surveyMigrations(
  client: Client,
  ledger: Ledger,
  { directories }: Pick<MigrationsConfig, 'directories'>,
): Promise<Survey> {
  const all = await listSources(directories, 'migrations');
  const ambiguous = sameNamed(all);
  const doubles = new Set(ambiguous.flatMap(([, ...others]) => others));
  const files = all.filter((source) => !doubles.has(source));
  const history = await readHistory(client, ledger);
  const standing = standings(files, history);
  const checksums = await readChecksums(standing);
  const irregular = findIrregularities(files, ambiguous, standing, checksums);
  return { files, history, standing, checksums, irregular };
}

async function readChecksums(standing: readonly Standing[]): Promise<Map<string, string>> {
  const sources = standing.flatMap(({ source }) => source ?? []);
  const entries = sources.map(async (source) => [source.name, (await readSource(source)).checksum] as const);
  return new Map(await Promise.all(entries));
}
