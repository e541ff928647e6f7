import type { Client } from '../postgres/connect.js';
import { openPipeline, type Send } from '../postgres/pipeline.js';
import { type ColumnName, type ColumnOf, readColumns, readTypes } from './queries/columns.js';
import { readConstraints, readIndexes } from './queries/constraints.js';
import { readDatabase, readSchemas } from './queries/database.js';
import { readFunctions } from './queries/functions.js';
import { readPolicies, readRules, readTriggers } from './queries/policies.js';
import { readRelations, readSequences } from './queries/relations.js';
import { readDefaultPrivileges, readRoles, readSettings } from './queries/roles.js';
import type { CatalogSnapshot, Relation } from './snapshot.js';

/**
 * Reads the whole catalog as plain data, in a constant number of queries however many tables there are. Must run inside a
 * transaction: standalone in `repeatable read, read only`, so that all queries see one state; else in the
 * transaction whose changes are to be judged. The transaction's search_path is left as it was.
 */
export async function readCatalog(client: Client): Promise<CatalogSnapshot> {
  const { version, searchPath } = await fixSearchPath(client);
  const { send } = openPipeline(client);
  const [relations, database, schemas, sequences, functions, roles, defaultPrivileges, settings] =
    await Promise.all([
      readWholeRelations(send, version),
      send(() => readDatabase(client, version)),
      send(() => readSchemas(client)),
      send(() => readSequences(client)),
      send(() => readFunctions(client)),
      send(() => readRoles(client, version)),
      send(() => readDefaultPrivileges(client)),
      send(() => readSettings(client)),
    ]);
  await setSearchPath(client, searchPath);
  return { ...database, schemas, relations, sequences, functions, roles, defaultPrivileges, settings };
}

/**
 * The same without what no table's shape depends on (functions, sequences, roles, defaults, settings), which stays empty: in
 * about half the time, for whoever reads again and again.
 */
export async function readTables(client: Client): Promise<CatalogSnapshot> {
  const { version, searchPath } = await fixSearchPath(client);
  const { send } = openPipeline(client);
  const [relations, database, schemas] = await Promise.all([
    readWholeRelations(send, version),
    send(() => readDatabase(client, version)),
    send(() => readSchemas(client)),
  ]);
  await setSearchPath(client, searchPath);
  const unread = { sequences: [], functions: [], roles: [], defaultPrivileges: [], settings: [] };
  return { ...database, schemas, relations, ...unread };
}

/** Types, relations and functions in expressions are then written with their schema, whatever the login's own path. */
async function fixSearchPath(client: Client): Promise<{ version: number; searchPath: string }> {
  const { rows } = await client.query<{ version: number; searchPath: string }>(`
    select pg_catalog.current_setting('server_version_num')::int as version,
      pg_catalog.current_setting('search_path') as "searchPath"`);
  const [session] = rows;
  if (!session) throw new Error('a SELECT without FROM returned no row');
  // pg_temp last: unnamed, it would be searched first, and a temporary table could stand in for a catalog.
  await setSearchPath(client, 'pg_catalog, pg_temp');
  return session;
}

async function setSearchPath(client: Client, path: string): Promise<void> {
  await client.query(`select pg_catalog.set_config('search_path', $1, true)`, [path]);
}

async function readWholeRelations(send: Send, version: number): Promise<Relation[]> {
  const types = send(readTypes);
  const columns = send((client) => readColumns(client, types));
  const columnName = columns.then(namesOf);
  const [own, withColumns, constraints, indexes, policies, triggers, rules] = await Promise.all([
    send(readRelations),
    columns,
    send((client) => readConstraints(client, version, columnName)),
    send((client) => readIndexes(client, columnName)),
    send(readPolicies),
    send(readTriggers),
    send(readRules),
  ]);
  const relations: Relation[] = own.map((relation) => ({
    ...relation,
    columns: [],
    constraints: [],
    indexes: [],
    policies: [],
    triggers: [],
    rules: [],
  }));
  const byOid = new Map(relations.map((relation) => [relation.oid, relation]));
  for (const { relation, column } of withColumns) byOid.get(relation)?.columns.push(column);
  for (const { relation, constraint } of constraints) byOid.get(relation)?.constraints.push(constraint);
  for (const { relation, index } of indexes) byOid.get(relation)?.indexes.push(index);
  for (const { relation, policy } of policies) byOid.get(relation)?.policies.push(policy);
  for (const { relation, trigger } of triggers) byOid.get(relation)?.triggers.push(trigger);
  for (const { relation, rule } of rules) byOid.get(relation)?.rules.push(rule);
  return relations;
}

function namesOf(columns: readonly ColumnOf[]): ColumnName {
  const names = new Map<number, Map<number, string>>();
  for (const { relation, column } of columns) {
    const own = names.get(relation);
    if (own) own.set(column.number, column.name);
    else names.set(relation, new Map([[column.number, column.name]]));
  }
  // Number 0 is an expression; a system column (a negative one) can stand in a key only under an old version.
  return (relation, number) => names.get(relation)?.get(number) ?? '';
}
