import type { Client } from '../../postgres/connect.js';
import type { DatabaseFunction } from '../snapshot.js';
import { grantsOf, MEMBERS, OWN_SCHEMA } from './grants.js';

export async function readFunctions(client: Client): Promise<DatabaseFunction[]> {
  const { rows } = await client.query<DatabaseFunction>(`
    select p.oid, n.nspname as schema, p.proname as name,
      exists (select from pg_proc b where b.proname = p.proname and b.pronamespace = 'pg_catalog'::regnamespace)
        as "namedAsBuiltin",
      pg_get_function_identity_arguments(p.oid) as arguments,
      array(select coalesce(p.proargnames[i], '') from generate_series(1, coalesce(
          array_length(p.proargmodes, 1), p.pronargs)) i
        where p.proargmodes is null or p.proargmodes[i] in ('i', 'b', 'v') order by i) as "argumentNames",
      array(select format_type(t, null) from unnest(p.proargtypes) with ordinality as a (t, i) order by i)
        as "argumentTypes",
      p.pronargs - p.pronargdefaults as "requiredArguments",
      case when p.prokind = 'p' then '' else format_type(p.prorettype, null) end as returns,
      p.proretset as "returnsSet",
      case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' when 'w' then 'window'
        else 'function' end as kind,
      pg_get_userbyid(p.proowner) as owner, l.lanname as language, p.prosecdef as "securityDefiner",
      p.proleakproof as leakproof, p.proisstrict as strict,
      case p.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end as volatility,
      coalesce(p.proconfig, '{}') as settings,
      coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) as source,
      case when l.lanname = 'plpgsql' and p.prokind in ('f', 'p') then pg_get_functiondef(p.oid) end
        as definition,
      ${grantsOf('p.proacl', 'f', 'p.proowner')} as grants,
      exists (select from pg_depend d where d.refclassid = 'pg_proc'::regclass and d.refobjid = p.oid
        and d.classid not in ('pg_policy'::regclass, 'pg_trigger'::regclass)) as embedded,
      exists (select from pg_aggregate a where p.oid in (a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggmtransfn,
        a.aggminvtransfn, a.aggmfinalfn, a.aggserialfn, a.aggdeserialfn)) as aggregates,
      e.extname as extension
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang
      left join ${MEMBERS} on e.classid = 'pg_proc'::regclass and e.objid = p.oid
    where ${OWN_SCHEMA}
    order by n.nspname, p.proname, 4`);
  return rows.map((row) => ({
    ...row,
    definition: row.definition ?? undefined,
    extension: row.extension ?? undefined,
  }));
}
