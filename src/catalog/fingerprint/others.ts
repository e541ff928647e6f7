import { flag, grantsOrDefault, grantsTo, ownOf, type Part, properties, WATCHED } from './sql.js';

/** What stands by itself. */
export const OTHER_PARTS: readonly Part[] = [
  {
    sql: (has) => `select 'schema', quote_ident(n.nspname), null,
     ${properties({ owner: 'pg_get_userbyid(n.nspowner)', grants: grantsTo('n.nspacl', 'n.nspowner') })}
   from pg_namespace n where ${WATCHED} and ${ownOf(has, 'pg_namespace', 'n.oid')}`,
  },

  {
    sql: () => `select 'extension', quote_ident(e.extname), null,
     ${properties({ version: 'e.extversion', schema: 'e.extnamespace::regnamespace::text' })}
   from pg_extension e`,
  },

  {
    sql: (has) => `select 'sequence', format('%I.%I', n.nspname, c.relname), o.identity,
     ${properties({
       owner: 'pg_get_userbyid(c.relowner)',
       type: 'format_type(s.seqtypid, null)',
       start: 's.seqstart',
       increment: 's.seqincrement',
       minimum: 's.seqmin',
       maximum: 's.seqmax',
       cache: 's.seqcache',
       cycle: flag('s.seqcycle'),
       'owned by': 'o.identity',
       grants: grantsTo('c.relacl', 'c.relowner'),
     })}
   from pg_sequence s join pg_class c on c.oid = s.seqrelid join pg_namespace n on n.oid = c.relnamespace
     left join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = c.oid and d.objsubid = 0
       and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')
     left join rel o on o.oid = d.refobjid
   where ${WATCHED} and ${ownOf(has, 'pg_class', 'c.oid')}`,
  },

  {
    of: 'functions',
    sql: (
      has,
    ) => `select case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end,
     format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)), null,
     ${properties({
       owner: 'pg_get_userbyid(p.proowner)',
       arguments: 'pg_get_function_arguments(p.oid)',
       returns: 'pg_get_function_result(p.oid)',
       language: 'l.lanname',
       'security definer': flag('p.prosecdef'),
       volatility: `case p.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end`,
       strict: flag('p.proisstrict'),
       leakproof: flag('p.proleakproof'),
       parallel: `case p.proparallel when 's' then 'safe' when 'r' then 'restricted' end`,
       settings: 'to_jsonb(p.proconfig)',
       body: 'coalesce(pg_get_function_sqlbody(p.oid), p.prosrc)',
       library: 'p.probin',
       aggregate: `(select concat_ws(', ', g.aggtransfn::text, nullif(g.aggfinalfn::text, '-'),
         format_type(g.aggtranstype, null), g.agginitval) from pg_aggregate g where g.aggfnoid = p.oid)`,
       grants: grantsOrDefault('p.proacl', 'f', 'p.proowner'),
     })}
   from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang
   where ${WATCHED} and ${ownOf(has, 'pg_proc', 'p.oid')}`,
  },

  {
    of: 'types',
    sql: (
      has,
    ) => `select case t.typtype when 'd' then 'domain' else 'type' end, format('%I.%I', n.nspname, t.typname), null,
     ${properties({
       owner: 'pg_get_userbyid(t.typowner)',
       labels: `case when t.typtype = 'e' then to_jsonb(array(
         select e.enumlabel from pg_enum e where e.enumtypid = t.oid order by e.enumsortorder)) end`,
       attributes: `case when t.typtype = 'c' then to_jsonb(array(
         select format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)) from pg_attribute a
         where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped order by a.attnum)) end`,
       type: `case when t.typtype = 'd' then format_type(t.typbasetype, t.typtypmod) end`,
       'not null': flag('t.typnotnull'),
       default: 't.typdefault',
       checks: `case when t.typtype = 'd' then to_jsonb(array(
         select format('%I %s', k.conname, pg_get_constraintdef(k.oid)) collate "C" from pg_constraint k
         where k.contypid = t.oid and k.contype = 'c' order by 1)) end`,
       subtype: '(select format_type(r.rngsubtype, null) from pg_range r where r.rngtypid = t.oid)',
       grants: grantsOrDefault('t.typacl', 'T', 't.typowner'),
     })}
   from pg_type t join pg_namespace n on n.oid = t.typnamespace left join pg_class c on c.oid = t.typrelid
   where (t.typtype in ('e', 'd', 'r') or c.relkind = 'c') and ${WATCHED} and ${ownOf(has, 'pg_type', 't.oid')}`,
  },

  {
    of: 'default privileges',
    sql: () => `select 'default privileges', format('of %I on %s%s', pg_get_userbyid(d.defaclrole),
       case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions'
         when 'T' then 'types' when 'n' then 'schemas' else 'large objects' end,
       case when d.defaclnamespace = 0 then '' else ' in ' || d.defaclnamespace::regnamespace end), null,
     ${properties({ grants: grantsTo('d.defaclacl') })}
   from pg_default_acl d`,
  },

  {
    of: 'event triggers',
    sql: (has) => `select 'event trigger', quote_ident(e.evtname), null,
     ${properties({
       event: 'e.evtevent',
       tags: 'to_jsonb(e.evttags)',
       function: 'e.evtfoid::regprocedure::text',
       fires: `case e.evtenabled when 'D' then 'never: disabled' when 'R' then 'on replicas' when 'A' then 'always' end`,
     })}
   from pg_event_trigger e where ${ownOf(has, 'pg_event_trigger', 'e.oid')}`,
  },

  // A partitioned table without partitions is in the first list alone, what a whole schema brings in the second; the
  // filters of rows are PostgreSQL 15's.
  {
    of: 'publications',
    sql: () => `select 'publication', quote_ident(p.pubname), null,
     ${properties({
       'all tables': flag('p.puballtables'),
       commands: `concat_ws(', ', case when p.pubinsert then 'insert' end, case when p.pubupdate then 'update' end,
         case when p.pubdelete then 'delete' end, case when p.pubtruncate then 'truncate' end)`,
       tables: `nullif(to_jsonb(array(
         select r.prrelid::regclass::text collate "C" from pg_publication_rel r where r.prpubid = p.oid
         union
         select concat_ws(' where ', format('%I.%I', x.schemaname, x.tablename), to_jsonb(x) ->> 'rowfilter')
           from pg_publication_tables x where x.pubname = p.pubname and not p.puballtables order by 1)), '[]')`,
     })}
   from pg_publication p`,
  },
];
