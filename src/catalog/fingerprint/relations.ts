import { flag, grantsTo, type Has, ownOf, type Part, properties, WATCHED } from './sql.js';

/** For the CTE `rel`: what the parts below belong to. */
export const relations = (has: Has) => `
  select c.*, format('%I.%I', n.nspname, c.relname) as identity
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where c.relkind in ('r', 'p', 'v', 'm', 'f') and ${WATCHED} and ${ownOf(has, 'pg_class', 'c.oid')}`;

/**
 * Tables, views and all that is on them. What a partition has from the table above it is told there: constraints, indexes
 * and triggers, each once.
 */
export const RELATION_PARTS: readonly Part[] = [
  {
    sql: (
      has,
    ) => `select case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table' else 'table' end,
     c.identity, null,
     ${properties({
       owner: 'pg_get_userbyid(c.relowner)',
       'row level security': flag('c.relrowsecurity'),
       'row level security forced': flag('c.relforcerowsecurity'),
       unlogged: flag(`c.relpersistence = 'u'`),
       'replica identity': `nullif(c.relreplident, 'd')`,
       options: 'to_jsonb(c.reloptions)',
       inherits:
         has('inheritance') &&
         `(select jsonb_agg(i.inhparent::regclass::text order by i.inhseqno) from pg_inherits i where i.inhrelid = c.oid)`,
       'partitioned by': `case when c.relkind = 'p' then pg_get_partkeydef(c.oid) end`,
       'partition for': 'pg_get_expr(c.relpartbound, c.oid)',
       definition: `case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end`,
       server:
         has('foreign tables') &&
         `(select s.srvname from pg_foreign_table f join pg_foreign_server s on s.oid = f.ftserver where f.ftrelid = c.oid)`,
       grants: grantsTo('c.relacl', 'c.relowner'),
     })}
   from rel c`,
  },

  {
    sql: (has) => `select 'column', c.identity || '.' || quote_ident(a.attname), c.identity,
     ${properties({
       type: 'format_type(a.atttypid, a.atttypmod)',
       'not null': flag('a.attnotnull'),
       'not null holds for new rows only': has('not null constraints') && flag('nn.oid is not null'),
       default: `case when a.attgenerated = '' then pg_get_expr(d.adbin, d.adrelid) end`,
       'generated as': `case when a.attgenerated <> '' then pg_get_expr(d.adbin, d.adrelid) end`,
       identity: `case a.attidentity when 'a' then 'always' when 'd' then 'by default' end`,
       collation: 'case when a.attcollation <> t.typcollation then a.attcollation::regcollation::text end',
       grants: grantsTo('a.attacl', 'c.relowner'),
     })}
   from rel c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     join pg_type t on t.oid = a.atttypid
     left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
     ${has('not null constraints') ? NOT_VALID : ''}
   where c.relkind in ('r', 'p', 'f') or a.attacl is not null`,
  },

  {
    sql: () => `select 'constraint', c.identity || '.' || quote_ident(k.conname), c.identity,
     ${properties({ definition: 'pg_get_constraintdef(k.oid)' })}
   from rel c join pg_constraint k on k.conrelid = c.oid
   where k.contype in ('c', 'f', 'p', 'u', 'x') and k.conparentid = 0 and (k.conislocal or k.contype <> 'c')`,
  },

  {
    sql: () => `select 'index', format('%I.%I', n.nspname, i.relname), c.identity,
     ${properties({
       definition: 'pg_get_indexdef(i.oid)',
       valid: `case when not x.indisvalid and c.relkind <> 'p' then false end`,
     })}
   from rel c join pg_index x on x.indrelid = c.oid join pg_class i on i.oid = x.indexrelid
     join pg_namespace n on n.oid = i.relnamespace
   where not i.relispartition
     and not exists (select from pg_constraint k where k.conindid = i.oid and k.contype in ('p', 'u', 'x'))`,
  },

  {
    of: 'policies',
    sql: () => `select 'policy', format('%s.%I', c.identity, p.polname), c.identity,
     ${properties({
       command: `case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end`,
       restrictive: flag('not p.polpermissive'),
       roles: `to_jsonb(array(select case r when 0 then 'PUBLIC' else quote_ident(pg_get_userbyid(r)) end collate "C"
         from unnest(p.polroles) r order by 1))`,
       using: 'pg_get_expr(p.polqual, p.polrelid)',
       'with check': 'pg_get_expr(p.polwithcheck, p.polrelid)',
     })}
   from rel c join pg_policy p on p.polrelid = c.oid`,
  },

  {
    of: 'triggers',
    sql: () => `select 'trigger', format('%s.%I', c.identity, t.tgname), c.identity,
     ${properties({
       definition: 'pg_get_triggerdef(t.oid)',
       fires: `case t.tgenabled when 'D' then 'never: disabled' when 'R' then 'on replicas' when 'A' then 'always' end`,
     })}
   from rel c join pg_trigger t on t.tgrelid = c.oid where not t.tgisinternal and t.tgparentid = 0`,
  },

  {
    of: 'rules',
    sql: () => `select 'rule', format('%s.%I', c.identity, r.rulename), c.identity,
     ${properties({
       definition: 'pg_get_ruledef(r.oid)',
       fires: `case r.ev_enabled when 'D' then 'never: disabled' when 'R' then 'on replicas' when 'A' then 'always' end`,
     })}
   from rel c join pg_rewrite r on r.ev_class = c.oid where r.ev_type <> '1'`,
  },

  {
    of: 'statistics',
    sql: () => `select 'statistics', format('%I.%I', n.nspname, s.stxname), c.identity,
     ${properties({ definition: 'pg_get_statisticsobjdef(s.oid)' })}
   from rel c join pg_statistic_ext s on s.stxrelid = c.oid join pg_namespace n on n.oid = s.stxnamespace`,
  },
];

const NOT_VALID = `left join pg_constraint nn on nn.contype = 'n' and not nn.convalidated
       and nn.conrelid = a.attrelid and nn.conkey = array[a.attnum]`;
