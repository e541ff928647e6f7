import type { Client } from '../../postgres/connect.js';
import type { Relation, Sequence } from '../snapshot.js';
import { extensionOf, grantsOf, OWN_SCHEMA } from './grants.js';

/** A relation before its columns, constraints and so on are put in. */
export type BareRelation = Omit<
  Relation,
  'columns' | 'constraints' | 'indexes' | 'policies' | 'triggers' | 'rules'
>;

export async function readRelations(client: Client): Promise<BareRelation[]> {
  const { rows } = await client.query<BareRelation>(`
    select c.oid, n.nspname as schema, c.relname as name, pg_get_userbyid(c.relowner) as owner,
      case c.relkind when 'r' then 'table' when 'p' then 'partitioned table' when 'v' then 'view'
        when 'm' then 'materialized view' when 'f' then 'foreign table' end as kind,
      c.relrowsecurity as "rowSecurity", c.relforcerowsecurity as "forceRowSecurity",
      c.relispartition as "isPartition",
      array(select i.inhparent from pg_inherits i where i.inhrelid = c.oid order by i.inhseqno) as parents,
      ${READS} as reads,
      ${option('security_invoker')} as "securityInvoker", ${option('security_barrier')} as "securityBarrier",
      case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end as "viewDefinition",
      c.reltuples::float8 as "estimatedRows",
      ${extensionOf('pg_class', 'c.oid')} as extension,
      ${grantsOf('c.relacl', 'r', 'c.relowner')} as grants
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f') and ${OWN_SCHEMA}
    order by n.nspname, c.relname`);
  return rows.map((row) => ({
    ...row,
    viewDefinition: row.viewDefinition ?? undefined,
    extension: row.extension ?? undefined,
  }));
}

/** A reloption is text: on, true, 1 and yes all mean true. */
function option(name: string): string {
  return `coalesce((select o.option_value::bool from pg_options_to_table(c.reloptions) o
    where o.option_name = '${name}'), false)`;
}

/** What a view's own rule refers to; pg_depend names the view itself, too. */
const READS = `case when c.relkind in ('v', 'm') then array(
  select distinct d.refobjid from pg_rewrite r
    join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
      and d.refclassid = 'pg_class'::regclass
    where r.ev_class = c.oid and r.ev_type = '1' and d.refobjid <> c.oid order by 1) else '{}'::oid[] end`;

export async function readSequences(client: Client): Promise<Sequence[]> {
  const { rows } = await client.query<Omit<Sequence, 'ownedBy'> & { ownedBy: Sequence['ownedBy'] | null }>(`
    select n.nspname as schema, c.relname as name, pg_get_userbyid(c.relowner) as owner,
      ${grantsOf('c.relacl', 's', 'c.relowner')} as grants,
      (select json_build_object('schema', tn.nspname, 'relation', t.relname, 'column', a.attname)
        from pg_depend d join pg_class t on t.oid = d.refobjid join pg_namespace tn on tn.oid = t.relnamespace
          join pg_attribute a on a.attrelid = t.oid and a.attnum = d.refobjsubid
        where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.refclassid = 'pg_class'::regclass
          and d.deptype in ('a', 'i') limit 1) as "ownedBy"
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'S' and ${OWN_SCHEMA}
    order by n.nspname, c.relname`);
  return rows.map((row) => ({ ...row, ownedBy: row.ownedBy ?? undefined }));
}
