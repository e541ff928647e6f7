import type { Client } from '../../postgres/connect.js';
import type { CatalogSnapshot, Schema } from '../snapshot.js';
import { grantsIn, grantsOf, OWN_SCHEMA } from './grants.js';
import type { Server } from './server.js';

type DatabaseFacts = Pick<
  CatalogSnapshot,
  | 'server'
  | 'database'
  | 'extensions'
  | 'parameters'
  | 'largeObjects'
  | 'reservedFunctions'
  | 'servers'
  | 'publications'
  | 'eventTriggers'
>;

/** What concerns the database as a whole. */
export async function readDatabase(client: Client, server: Promise<Server>): Promise<DatabaseFacts> {
  const { version } = await server;
  const { rows } = await client.query<DatabaseFacts>(`
    select
      json_build_object('version', current_setting('server_version'), 'versionNumber', ${version}) as server,
      json_build_object('name', d.datname, 'owner', pg_get_userbyid(d.datdba),
        'grants', ${grantsOf('d.datacl', 'd', 'd.datdba')}) as database,
      array(select extname::text from pg_extension order by 1) as extensions,
      ${version >= 150000 ? PARAMETERS : `'[]'::json`} as parameters,
      ${LARGE_OBJECTS} as "largeObjects",
      ${RESERVED_FUNCTIONS} as "reservedFunctions",
      ${SERVERS} as servers,
      ${publications(version)} as publications,
      ${EVENT_TRIGGERS} as "eventTriggers"
    from pg_database d where d.datname = current_database()`);
  const [facts] = rows;
  if (!facts) throw new Error('current_database() is not in pg_database');
  return facts;
}

const PARAMETERS = `(
  select coalesce(json_agg(json_build_object('name', p.parname, 'grants', ${grantsIn('p.paracl')})), '[]')
  from pg_parameter_acl p)`;

/** Counted, not listed, and expanded only where something was granted: a database may hold millions of them. */
const LARGE_OBJECTS = `(
  select coalesce(json_agg(l), '[]') from (
    select case h.holder when 0 then 'public' else pg_get_userbyid(h.holder) end as grantee, h.privilege,
      sum(h.count)::int as count
    from (
      select m.lomowner as holder, 'SELECT' as privilege, count(*) as count
      from pg_largeobject_metadata m where m.lomacl is null group by 1
      union all
      select a.grantee, a.privilege_type, count(*)
      from pg_largeobject_metadata m, aclexplode(m.lomacl) a where m.lomacl is not null group by 1, 2) h
    group by 1, 2 order by 1, 2) l)`;

/** By which the server's files, or sessions of other roles, are reached. */
const RESERVED = [
  'pg_read_file',
  'pg_read_binary_file',
  'pg_file_write',
  'lo_import',
  'lo_export',
  'dblink_connect_u',
];

const RESERVED_FUNCTIONS = `(
  select coalesce(json_agg(json_build_object('signature', p.oid::regprocedure::text, 'grants', ${grantsIn('p.proacl')})
    order by p.oid::regprocedure::text), '[]')
  from pg_proc p where p.proname in (${RESERVED.map((name) => `'${name}'`).join(', ')})
    and exists (select from aclexplode(p.proacl) a where a.grantee <> p.proowner))`;

const SERVERS = `(
  select coalesce(json_agg(json_build_object('name', s.srvname, 'grants', ${grantsOf('s.srvacl', 'S', 's.srvowner')},
    'accounts', array(select case m.umuser when 0 then 'public' else m.usename::text end
      from pg_user_mappings m where m.srvid = s.oid order by 1)) order by s.srvname), '[]')
  from pg_foreign_server s)`;

const EVENT_TRIGGERS = `(
  select coalesce(json_agg(json_build_object('name', e.evtname, 'event', e.evtevent, 'function', e.evtfoid::int8)
    order by e.evtname), '[]')
  from pg_event_trigger e where e.evtenabled <> 'D' and not exists (select from pg_depend x
    where x.classid = 'pg_event_trigger'::regclass and x.objid = e.oid and x.deptype = 'e'))`;

function publications(version: number): string {
  const filtered = version >= 150000 ? 'r.prqual is not null' : 'false';
  const schemas =
    version >= 150000 ? 'exists (select from pg_publication_namespace s where s.pnpubid = p.oid)' : 'false';
  return `(
    select coalesce(json_agg(json_build_object(
      'name', p.pubname, 'owner', pg_get_userbyid(p.pubowner), 'everything', p.puballtables or ${schemas},
      'relations', (select coalesce(json_agg(json_build_object('relation', r.prrelid::int8, 'filtered', ${filtered})), '[]')
        from pg_publication_rel r where r.prpubid = p.oid)) order by p.pubname), '[]')
    from pg_publication p)`;
}

export async function readSchemas(client: Client): Promise<Schema[]> {
  const { rows } = await client.query<Schema>(`
    select n.nspname as name, pg_get_userbyid(n.nspowner) as owner,
      ${grantsOf('n.nspacl', 'n', 'n.nspowner')} as grants
    from pg_namespace n where ${OWN_SCHEMA} order by n.nspname`);
  return rows;
}
