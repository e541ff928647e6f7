import type { Client } from '../postgres/connect.js';
import { readColumns } from './queries/columns.js';
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
  const database = await readDatabase(client, version);
  const schemas = await readSchemas(client);
  const relations = await readWholeRelations(client, version);
  const sequences = await readSequences(client);
  const functions = await readFunctions(client);
  const roles = await readRoles(client, version);
  const defaultPrivileges = await readDefaultPrivileges(client);
  const settings = await readSettings(client);
  await setSearchPath(client, searchPath);
  return { ...database, schemas, relations, sequences, functions, roles, defaultPrivileges, settings };
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

async function readWholeRelations(client: Client, version: number): Promise<Relation[]> {
  const relations: Relation[] = (await readRelations(client)).map((bare) => ({
    ...bare,
    columns: [],
    constraints: [],
    indexes: [],
    policies: [],
    triggers: [],
    rules: [],
  }));
  const byOid = new Map(relations.map((relation) => [relation.oid, relation]));
  const columnNames = new Map<string, string>();
  for (const { relation, column } of await readColumns(client)) {
    byOid.get(relation)?.columns.push(column);
    columnNames.set(`${relation}.${column.number}`, column.name);
  }
  // Number 0 is an expression; a system column (a negative one) can stand in a key only under an old version.
  const columnName = (relation: number, number: number) => columnNames.get(`${relation}.${number}`) ?? '';
  for (const { relation, constraint } of await readConstraints(client, version, columnName)) {
    byOid.get(relation)?.constraints.push(constraint);
  }
  for (const { relation, index } of await readIndexes(client, columnName)) {
    byOid.get(relation)?.indexes.push(index);
  }
  for (const { relation, policy } of await readPolicies(client)) byOid.get(relation)?.policies.push(policy);
  for (const { relation, trigger } of await readTriggers(client)) byOid.get(relation)?.triggers.push(trigger);
  for (const { relation, rule } of await readRules(client)) byOid.get(relation)?.rules.push(rule);
  return relations;
}
