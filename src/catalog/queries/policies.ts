import type { Client } from '../../postgres/connect.js';
import type { Policy, Rule, Trigger } from '../snapshot.js';
import { OWN_SCHEMA } from './grants.js';
import { readRows } from './rows.js';

interface PolicyRow extends Omit<Policy, 'using' | 'check'> {
  relations: number[];
  using: string | null;
  check: string | null;
}

/** Policies that nothing tells apart, by name, with the relations that they are on: most are the same on all tables. */
export async function readPolicies(client: Client): Promise<{ relations: number[]; policy: Policy }[]> {
  const rows = await readRows<PolicyRow>(
    client,
    `select json_agg(p.polrelid::int8) as relations, p.polname as name, p.polpermissive as permissive,
      case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete'
        else 'all' end as command,
      array(select case r when 0 then 'public' else pg_get_userbyid(r) end::text
        from unnest(p.polroles) r order by 1) as roles,
      pg_get_expr(p.polqual, p.polrelid) as using, pg_get_expr(p.polwithcheck, p.polrelid) as check
    from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace
    where ${OWN_SCHEMA}
    group by 2, 3, 4, 5, 6, 7
    order by p.polname`,
  );
  return rows.map(({ relations, ...policy }) => ({
    relations,
    policy: { ...policy, using: policy.using ?? undefined, check: policy.check ?? undefined },
  }));
}

/** Triggers that someone made; those of constraints are PostgreSQL's own. */
export async function readTriggers(client: Client): Promise<{ relation: number; trigger: Trigger }[]> {
  const { rows } = await client.query<Trigger & { relation: number }>(`
    select t.tgrelid as relation, t.tgname as name, t.tgfoid as function,
      case t.tgenabled when 'D' then 'disabled' when 'R' then 'replica' when 'A' then 'always'
        else 'origin' end as enabled,
      pg_get_triggerdef(t.oid) as definition
    from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
    where not t.tgisinternal and ${OWN_SCHEMA}
    order by t.tgrelid, t.tgname`);
  return rows.map(({ relation, ...trigger }) => ({ relation, trigger }));
}

/** Rules other than the one that makes a view a view. */
export async function readRules(client: Client): Promise<{ relation: number; rule: Rule }[]> {
  const { rows } = await client.query<Rule & { relation: number }>(`
    select r.ev_class as relation, r.rulename as name, pg_get_ruledef(r.oid) as definition,
      case r.ev_type when '2' then 'update' when '3' then 'insert' when '4' then 'delete' else 'select' end
        as event,
      array(select distinct d.refobjid from pg_depend d where d.classid = 'pg_rewrite'::regclass
        and d.objid = r.oid and d.refclassid = 'pg_class'::regclass and d.refobjid <> r.ev_class order by 1)
        as touches
    from pg_rewrite r join pg_class c on c.oid = r.ev_class join pg_namespace n on n.oid = c.relnamespace
    where r.ev_type <> '1' and ${OWN_SCHEMA}
    order by r.ev_class, r.rulename`);
  return rows.map(({ relation, ...rule }) => ({ relation, rule }));
}
