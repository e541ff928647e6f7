import type { Client } from '../postgres/connect.js';
import { type Send, withPipeline } from '../postgres/pipeline.js';
import { type ColumnsAlike, readColumns, readTypes } from './queries/columns.js';
import { type ColumnName, readConstraints, readIndexes } from './queries/constraints.js';
import { readDatabase, readSchemas } from './queries/database.js';
import { readFunctions } from './queries/functions.js';
import { type GrantsByAcl, readGrants } from './queries/grants.js';
import { readPolicies, readRules, readTriggers } from './queries/policies.js';
import { readRelations, readSequences } from './queries/relations.js';
import { readDefaultPrivileges, readRoles, readSettings } from './queries/roles.js';
import type { Server } from './queries/server.js';
import type { CatalogSnapshot, Column, Relation } from './snapshot.js';

/**
 * Reads the whole catalog as plain data, in a constant number of queries however many tables there are. Must run inside a
 * transaction: standalone in `repeatable read, read only`, so that all queries see one state; else in the
 * transaction whose changes are to be judged. The transaction's search_path is left as it was.
 */
export function readCatalog(client: Client): Promise<CatalogSnapshot> {
  return withPipeline(client, (send) => readWhole(client, send));
}

async function readWhole(client: Client, send: Send): Promise<CatalogSnapshot> {
  const session = settle(send);
  const grants = send(readGrants);
  const [before, relations, database, schemas, sequences, functions, roles, defaultPrivileges, settings] =
    await Promise.all([
      session,
      readWholeRelations(send, grants),
      send(() => readDatabase(client, session)),
      send(() => readSchemas(client)),
      send(() => readSequences(client, grants)),
      send(() => readFunctions(client)),
      send(() => readRoles(client, session)),
      send(() => readDefaultPrivileges(client)),
      send(() => readSettings(client)),
    ]);
  await set(client, before);
  return { ...database, schemas, relations, sequences, functions, roles, defaultPrivileges, settings };
}

/**
 * The same without what no table's shape depends on (functions, sequences, roles, defaults, settings), which stays empty: in
 * about half the time, for whoever reads again and again.
 */
export function readTables(client: Client): Promise<CatalogSnapshot> {
  return withPipeline(client, (send) => readShapes(client, send));
}

async function readShapes(client: Client, send: Send): Promise<CatalogSnapshot> {
  const session = settle(send);
  const [before, relations, database, schemas] = await Promise.all([
    session,
    readWholeRelations(send, send(readGrants)),
    send(() => readDatabase(client, session)),
    send(() => readSchemas(client)),
  ]);
  await set(client, before);
  const unread = { sequences: [], functions: [], roles: [], defaultPrivileges: [], settings: [] };
  return { ...database, schemas, relations, ...unread };
}

/** What is set while the catalog is read. */
interface Settings {
  searchPath: string;
  jit: string;
}

/** The session as it was before. */
interface Session extends Settings, Server {}

/**
 * Types, relations and functions in expressions are then written with their schema, whatever the login's own path. And the
 * server does not compile its queries to machine code, which takes longer than running them.
 */
async function settle(send: Send): Promise<Session> {
  const [session] = await Promise.all([
    send(readSession),
    // pg_temp last: unnamed, it would be searched first, and a temporary table could stand in for a catalog.
    send((client) => set(client, { searchPath: 'pg_catalog, pg_temp', jit: 'off' })),
  ]);
  return session;
}

async function readSession(client: Client): Promise<Session> {
  const { rows } = await client.query<Session>(`
    select pg_catalog.current_setting('server_version_num')::int as version,
      pg_catalog.current_setting('search_path') as "searchPath", pg_catalog.current_setting('jit') as jit`);
  const [session] = rows;
  if (!session) throw new Error('a SELECT without FROM returned no row');
  return session;
}

async function set(client: Client, { searchPath, jit }: Settings): Promise<void> {
  await client.query(
    `select pg_catalog.set_config('search_path', $1, true), pg_catalog.set_config('jit', $2, true)`,
    [searchPath, jit],
  );
}

async function readWholeRelations(send: Send, grants: Promise<GrantsByAcl>): Promise<Relation[]> {
  const types = send(readTypes);
  const columns = send((client) => readColumns(client, types)).then(columnsByRelation);
  const columnName = columns.then(nameColumns);
  const [own, columnsOf, constraints, indexes, policies, triggers, rules] = await Promise.all([
    send((client) => readRelations(client, grants)),
    columns,
    send((client) => readConstraints(client, columnName)),
    send((client) => readIndexes(client, columnName)),
    send(readPolicies),
    send(readTriggers),
    send(readRules),
    // Whoever waits for one of these waits for its own rows first, and hears nothing of a failure that comes before them.
    ...[types, grants, columnName],
  ]);
  const relations: Relation[] = own.map((relation) => ({
    ...relation,
    columns: columnsOf.get(relation.oid) ?? [],
    constraints: [],
    indexes: [],
    policies: [],
    triggers: [],
    rules: [],
  }));
  const byOid = new Map(relations.map((relation) => [relation.oid, relation]));
  for (const { relation, constraint } of constraints) byOid.get(relation)?.constraints.push(constraint);
  for (const { relation, index } of indexes) byOid.get(relation)?.indexes.push(index);
  for (const alike of policies) {
    for (const relation of alike.relations) byOid.get(relation)?.policies.push(alike.policy);
  }
  for (const { relation, trigger } of triggers) byOid.get(relation)?.triggers.push(trigger);
  for (const { relation, rule } of rules) byOid.get(relation)?.rules.push(rule);
  return relations;
}

/** Number 0 is an expression; a system column (a negative one) can stand in a key only under an old version. */
function nameColumns(of: ReadonlyMap<number, readonly Column[]>): ColumnName {
  return (relation, number) => {
    const columns = of.get(relation);
    const expected = columns?.[number - 1];
    // Behind a column that was dropped the others keep their numbers.
    const found = expected?.number === number ? expected : columns?.find((each) => each.number === number);
    return found?.name ?? '';
  };
}

function columnsByRelation(read: readonly ColumnsAlike[]): Map<number, Column[]> {
  const of = new Map<number, Column[]>();
  for (const { relations, column } of read) {
    for (const relation of relations) {
      const own = of.get(relation);
      if (own) own.push(column);
      else of.set(relation, [column]);
    }
  }
  return of;
}
