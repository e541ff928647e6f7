import type { CatalogSnapshot } from '../../catalog/snapshot.js';
import { type QualifiedName, quoteName } from '../../identifiers.js';

/** Follows, file by file, what of the catalog changes, for what only shows at the end. */
export interface Changes {
  /** What is there before the first file; undefined where the database cannot be judged. */
  begin(snapshot: CatalogSnapshot | undefined): void;
  see(file: string, snapshot: CatalogSnapshot | undefined): void;
  /** The files that changed a relation; where none did, those that changed functions, which its policies may call. */
  suspects(relation: QualifiedName): string[];
}

/** Name of a relation, or FUNCTIONS, → what it is like. */
type Picture = ReadonlyMap<string, string>;

/** No quoted name. */
const FUNCTIONS = '()';

export function openChanges(): Changes {
  let last: Picture | undefined;
  let changed: { file: string; names: ReadonlySet<string> | 'unknown' }[] = [];
  const by = (name: string) =>
    changed.filter(({ names }) => names === 'unknown' || names.has(name)).map(({ file }) => file);
  return {
    begin: (snapshot) => {
      last = snapshot && pictureOf(snapshot);
      changed = [];
    },
    see: (file, snapshot) => {
      const now = snapshot && pictureOf(snapshot);
      changed.push({ file, names: last && now ? differences(last, now) : 'unknown' });
      last = now;
    },
    suspects: (relation) => {
      const own = by(quoteName(relation));
      return own.length > 0 ? own : by(FUNCTIONS);
    },
  };
}

function pictureOf({ relations, functions }: CatalogSnapshot): Picture {
  const pictures = relations.map((relation): [string, string] => [
    quoteName(relation),
    JSON.stringify(relation),
  ]);
  return new Map([...pictures, [FUNCTIONS, JSON.stringify(functions)]]);
}

function differences(before: Picture, now: Picture): Set<string> {
  return new Set([...now].filter(([name, picture]) => before.get(name) !== picture).map(([name]) => name));
}
