import type { CatalogSnapshot, Relation } from '../catalog/snapshot.js';
import { bookkeeper } from '../tenancy/bookkeeping.js';

/** A relation that may be the root, and the column by which others refer to it. */
export interface RootCandidate {
  root: Relation;
  column: string;
  /** The relations that hold the column, by a foreign key or by its name alone. */
  members: Relation[];
  /** How many of them have a foreign key. */
  byKey: number;
}

/** What products call their tenants; more than how often a table is referred to, its name says what it is. */
const TENANT_WORDS =
  /tenant|organi[sz]ation|^orgs?$|account|compan|workspace|teams?$|clinic|school|stores?$|shop|merchant|customer|client|agenc|propert/i;

/**
 * The relations that may be the root, the likeliest first: what most others refer to, unless it belongs itself to
 * something higher (users are referred to more often than the organizations that they belong to).
 */
export function findRoots(snapshot: CatalogSnapshot): RootCandidate[] {
  const relations = snapshot.relations.filter(
    (relation) => relation.kind.endsWith('table') && bookkeeper(relation, undefined) === undefined,
  );
  const candidates = relations
    .flatMap((root) => candidatesFor(root, relations))
    .sort((a, b) => weight(b) - weight(a) || compare(a, b));
  const [likely] = candidates;
  if (!likely) return [];
  const highest = climb(likely, candidates);
  return [highest, ...candidates.filter((candidate) => candidate.root !== highest.root)];
}

function candidatesFor(root: Relation, relations: Relation[]): RootCandidate[] {
  const byColumn = new Map<string, { keyed: Set<Relation>; named: Set<Relation> }>();
  const at = (column: string) => {
    const known = byColumn.get(column) ?? { keyed: new Set(), named: new Set() };
    byColumn.set(column, known);
    return known;
  };
  for (const relation of relations) {
    if (relation === root) continue;
    for (const column of columnsReferringTo(root, relation)) at(column).keyed.add(relation);
    for (const { name } of relation.columns) {
      if (relation.schema === root.schema && isNamedAfter(name, root)) at(name).named.add(relation);
    }
  }
  return [...byColumn]
    .map(([column, { keyed, named }]) => ({
      ...{ root, column, byKey: keyed.size, members: [...new Set([...keyed, ...named])] },
    }))
    .filter(({ byKey }) => byKey > 0 || hasOneColumnKey(root));
}

/** Else its rows could not be told apart by one value, and no column could refer to it. */
function hasOneColumnKey({ constraints }: Relation): boolean {
  return constraints.some(({ kind, columns }) => kind === 'primary key' && columns.length === 1);
}

function columnsReferringTo(root: Relation, relation: Relation): string[] {
  return relation.constraints.flatMap(({ foreignKey, columns }) =>
    foreignKey?.relation === root.oid && columns.length === 1 ? columns : [],
  );
}

/** `organization_id` and `organizationId` are named after `organizations`. */
function isNamedAfter(column: string, { name }: Relation): boolean {
  const stem = /^(.+?)_?(?:id|uuid|key)$/i.exec(column)?.[1]?.toLowerCase();
  if (stem === undefined) return false;
  return [stem, `${stem}s`, `${stem}es`, stem.replace(/y$/, 'ies')].includes(name.toLowerCase());
}

function weight({ root, column, members }: RootCandidate): number {
  return members.length * (TENANT_WORDS.test(root.name) || TENANT_WORDS.test(column) ? 2 : 1);
}

/** To what the candidate itself belongs to, as long as much of the schema belongs there, too. */
function climb(from: RootCandidate, candidates: RootCandidate[]): RootCandidate {
  const seen = new Set([from.root]);
  let highest = from;
  for (;;) {
    const above = candidates.find(
      (candidate) =>
        !seen.has(candidate.root) &&
        (candidate.members.includes(highest.root) || areItsMembers(candidate, highest)) &&
        weight(candidate) * 2 >= weight(highest),
    );
    if (!above) return highest;
    seen.add(above.root);
    highest = above;
  }
}

/** Users belong to organizations, where a table refers to both and only the latter are called as tenants are. */
function areItsMembers(above: RootCandidate, below: RootCandidate): boolean {
  if (!TENANT_WORDS.test(above.root.name) || TENANT_WORDS.test(below.root.name)) return false;
  return above.byKey > 0 && above.members.some((relation) => below.members.includes(relation));
}

function compare(a: RootCandidate, b: RootCandidate): number {
  const text = ({ root, column }: RootCandidate) => `${root.schema}.${root.name}.${column}`;
  return text(a) < text(b) ? -1 : 1;
}
