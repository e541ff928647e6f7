import type { SourceFile } from '../../source-files.js';
import { pendingFiles, type Standing } from './standing.js';

/** What of files and history does not fit together. */
export interface Irregularities {
  /** Files that share a name, so that nobody can tell which one is meant. */
  ambiguous: SourceFile[][];
  /** Applied, and not there as a file. */
  missing: Standing[];
  /** Applied, and another text now. */
  changed: Standing[];
  /** Pending, though a file that comes after them is applied: a branch that was merged late. */
  late: { source: SourceFile; after: string }[];
}

/** @param checksums by name, of the files of what stands */
export function findIrregularities(
  files: readonly SourceFile[],
  ambiguous: SourceFile[][],
  standing: readonly Standing[],
  checksums: ReadonlyMap<string, string>,
): Irregularities {
  return {
    ambiguous,
    missing: standing.filter(({ source, logged }) => source === undefined && logged !== 'retired'),
    changed: standing.filter((each) => isChanged(each, checksums.get(each.name))),
    late: findLate(files, standing),
  };
}

/** One that is part way is run again, and may be mended before. */
function isChanged({ partWay, checksum }: Standing, current: string | undefined): boolean {
  if (partWay !== undefined || checksum === undefined || current === undefined) return false;
  return checksum !== current;
}

function findLate(files: readonly SourceFile[], standing: readonly Standing[]): Irregularities['late'] {
  const begun = new Set(standing.map(({ name }) => name));
  const last = standing
    .filter(({ partWay }) => partWay === undefined)
    .map(({ source, file }) => source?.file ?? file)
    .reduce((latest, file) => (file > latest ? file : latest), '');
  return pendingFiles(files, standing)
    .filter(({ name, file }) => !begun.has(name) && file < last)
    .map((source) => ({ source, after: last }));
}
