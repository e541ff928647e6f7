import type { Client } from '../../postgres/connect.js';
import type { Relation, Sequence } from '../snapshot.js';
import { type GrantsByAcl, MEMBERS, OWN_SCHEMA, RELATION_ACL } from './grants.js';
import { readRows } from './rows.js';

/** A relation before its columns, constraints and so on are put in. */
export type BareRelation = Omit<
  Relation,
  'columns' | 'constraints' | 'indexes' | 'policies' | 'triggers' | 'rules'
>;

export async function readRelations(
  client: Client,
  grantsRead: Promise<GrantsByAcl>,
): Promise<BareRelation[]> {
  const rows = await readRows<RelationRow>(
    client,
    `select c.oid::int8 as oid, n.nspname as schema, c.relname as name, pg_get_userbyid(c.relowner) as owner,
      case c.relkind when 'r' then 'table' when 'p' then 'partitioned table' when 'v' then 'view'
        when 'm' then 'materialized view' when 'f' then 'foreign table' end as kind,
      c.relrowsecurity as "rowSecurity", c.relforcerowsecurity as "forceRowSecurity",
      c.relispartition as "isPartition", h.parents, ${READS} as reads,
      ${option('security_invoker')} as "securityInvoker", ${option('security_barrier')} as "securityBarrier",
      case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end as "viewDefinition",
      c.reltuples as "estimatedRows", e.extname as extension, ${RELATION_ACL}::text as acl
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
      left join (select inhrelid, array_agg(inhparent::int8 order by inhseqno) as parents
        from pg_inherits group by inhrelid) h on h.inhrelid = c.oid
      left join ${MEMBERS} on e.classid = 'pg_class'::regclass and e.objid = c.oid
    where c.relkind in ('r', 'p', 'v', 'm', 'f') and ${OWN_SCHEMA}
    order by n.nspname, c.relname`,
  );
  const grants = await grantsRead;
  return rows.map(({ acl, ...row }) => ({
    ...row,
    parents: row.parents ?? [],
    reads: row.reads ?? [],
    viewDefinition: row.viewDefinition ?? undefined,
    extension: row.extension ?? undefined,
    grants: grants.get(acl) ?? [],
  }));
}

interface RelationRow
  extends Omit<BareRelation, 'parents' | 'reads' | 'viewDefinition' | 'extension' | 'grants'> {
  parents: number[] | null;
  reads: number[] | null;
  viewDefinition: string | null;
  extension: string | null;
  acl: string;
}

/** A reloption is text: on, true, 1 and yes all mean true. */
function option(name: string): string {
  return `c.reloptions is not null and coalesce((select o.option_value::bool
    from pg_options_to_table(c.reloptions) o where o.option_name = '${name}'), false)`;
}

/** What a view's own rule refers to; pg_depend names the view itself, too. */
const READS = `case when c.relkind in ('v', 'm') then array(
  select distinct d.refobjid::int8 from pg_rewrite r
    join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
      and d.refclassid = 'pg_class'::regclass
    where r.ev_class = c.oid and r.ev_type = '1' and d.refobjid <> c.oid order by 1) end`;

export async function readSequences(client: Client, grantsRead: Promise<GrantsByAcl>): Promise<Sequence[]> {
  const rows = await readRows<SequenceRow>(
    client,
    `select n.nspname as schema, c.relname as name, pg_get_userbyid(c.relowner) as owner, ${RELATION_ACL}::text as acl,
      (select json_build_object('schema', tn.nspname, 'relation', t.relname, 'column', a.attname)
        from pg_depend d join pg_class t on t.oid = d.refobjid join pg_namespace tn on tn.oid = t.relnamespace
          join pg_attribute a on a.attrelid = t.oid and a.attnum = d.refobjsubid
        where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.refclassid = 'pg_class'::regclass
          and d.deptype in ('a', 'i') limit 1) as "ownedBy",
      coalesce((select json_agg(json_build_object('schema', tn.nspname, 'relation', t.relname, 'column', a.attname)
          order by tn.nspname, t.relname, a.attname)
        from pg_depend d join pg_attrdef f on f.oid = d.objid join pg_class t on t.oid = f.adrelid
          join pg_namespace tn on tn.oid = t.relnamespace
          join pg_attribute a on a.attrelid = t.oid and a.attnum = f.adnum
        where d.classid = 'pg_attrdef'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid = c.oid), '[]')
        as "defaultOf"
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'S' and ${OWN_SCHEMA}
    order by n.nspname, c.relname`,
  );
  const grants = await grantsRead;
  return rows.map(({ acl, ...row }) => ({
    ...row,
    grants: grants.get(acl) ?? [],
    ownedBy: row.ownedBy ?? undefined,
  }));
}

interface SequenceRow extends Omit<Sequence, 'ownedBy' | 'grants'> {
  ownedBy: Sequence['ownedBy'] | null;
  acl: string;
}
