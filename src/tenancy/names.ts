import type { CatalogSnapshot, Relation } from '../catalog/snapshot.js';
import { TenantctlError } from '../errors.js';
import { displayName, parseName, type QualifiedName } from '../identifiers.js';
import { nearest } from '../nearest.js';
import { bookkeeper } from './bookkeeping.js';
import type { TenancyConfig } from './config.js';

/** The relations that the configuration names, found in the database. */
export interface NamedRelations {
  /** undefined only while the database has no relations of the application's. */
  root: Relation | undefined;
  /** Oid → why every tenant may read it. */
  shared: Map<number, string>;
  /** Oid → the column that the configuration says names the tenant. */
  columns: Map<number, string>;
}

/**
 * Finds what the configuration names. A misspelt name must not pass: the relation it meant would be judged as something
 * else. Before the first migration there is nothing to find, and nothing to get wrong.
 *
 * @throws TenantctlError usage: a schema, relation or column that does not exist, or a root that is also shared
 */
export function findNamedRelations(snapshot: CatalogSnapshot, config: TenancyConfig): NamedRelations {
  if (snapshot.relations.every((relation) => bookkeeper(relation, config.ledgerTable) !== undefined)) {
    return { root: undefined, shared: new Map(), columns: new Map() };
  }
  for (const schema of config.schemas) requireSchema(snapshot, schema);
  const find = (name: QualifiedName, key: string) => requireRelation(snapshot, name, key);
  const root = find(config.root, 'tenancy.root');
  const shared = new Map(
    config.shared.map(({ relation, reason }) => [find(relation, 'tenancy.shared').oid, reason]),
  );
  if (shared.has(root.oid)) {
    throw new TenantctlError({
      kind: 'usage',
      code: 'ROOT_IS_SHARED',
      message: `Cannot share ${displayName(root)}: it is the root, and each of its rows belongs to one tenant.`,
      hint: 'take it out of tenancy.shared',
    });
  }
  const columns = config.columnOverrides.map(({ relation, column }): [number, string] => {
    const found = find(relation, 'tenancy.columns');
    return [found.oid, requireColumn(found, column)];
  });
  for (const { relation } of config.fixtures) find(relation, 'tenancy.probe.fixtures');
  return { root, shared, columns: new Map(columns) };
}

/**
 * Finds a relation that the command line names, as the configuration would: case-sensitive, in the first of its schemas.
 *
 * @throws TenantctlError usage: a name that cannot be read, or a relation that does not exist
 */
export function findRelation(
  snapshot: CatalogSnapshot,
  text: string,
  { schemas }: TenancyConfig,
  flag: string,
): Relation {
  const name = parseName(text, schemas[0] ?? 'public');
  if (name) return requireRelation(snapshot, name, flag);
  throw unreadableName(flag, text);
}

/** A name that is neither a table's nor a schema's and a table's. */
export function unreadableName(where: string, text: string): TenantctlError {
  return new TenantctlError({
    kind: 'usage',
    code: 'BAD_NAME',
    message: `Cannot read ${where}: expected "table" or "schema.table"; received ${JSON.stringify(text)}.`,
    hint: 'put double quotes around a part that contains a dot: \'"odd.schema".table\'',
  });
}

function requireSchema(snapshot: CatalogSnapshot, name: string): void {
  const names = snapshot.schemas.map((schema) => schema.name);
  if (names.includes(name)) return;
  throw unknownName('SCHEMA_UNKNOWN', `schema ${name} (tenancy.schemas)`, name, names);
}

function requireRelation(snapshot: CatalogSnapshot, name: QualifiedName, key: string): Relation {
  const { relations } = snapshot;
  const found = relations.find((relation) => relation.schema === name.schema && relation.name === name.name);
  if (found) return found;
  const shown = `${name.schema}.${name.name}`;
  const names = relations.map((relation) => `${relation.schema}.${relation.name}`);
  throw unknownName('RELATION_UNKNOWN', `relation ${shown} (${key})`, shown, names);
}

function requireColumn(relation: Relation, name: string): string {
  const names = relation.columns.map((column) => column.name);
  if (names.includes(name)) return name;
  throw unknownName(
    'COLUMN_UNKNOWN',
    `column ${name} of ${displayName(relation)} (tenancy.columns)`,
    name,
    names,
  );
}

function unknownName(code: string, what: string, name: string, existing: string[]): TenantctlError {
  const close = nearest(name, existing);
  const shown = close.length > 0 ? close : existing.slice(0, 10);
  return new TenantctlError({
    kind: 'usage',
    code,
    message: `Cannot find ${what}: it does not exist in this database.`,
    hint: `${close.length > 0 ? 'did you mean' : 'there are'}: ${shown.join(', ')}`,
  });
}
