import { BOOKKEEPING_SCHEMA } from '../../postgres/bookkeeping.js';
import { OWN_SCHEMA } from '../queries/grants.js';

/** The objects of some kinds, among the CTE `rel`'s or by themselves. */
export interface Part {
  /** Rows of (kind, identity, parent, definition). */
  sql: string;
  /** Where this is false there are none of these kinds: PostgreSQL takes longer to plan the query than to run it. */
  there?: string;
}

/** PostgreSQL's own objects come before it. */
export const FIRST_OID = 16_384;

/** Condition for the schemas that are watched: not PostgreSQL's own, nor tenantctl's. */
export const WATCHED = `${OWN_SCHEMA} and n.nspname <> '${BOOKKEEPING_SCHEMA}'`;

/** Condition for objects that somebody made by hand: what an extension brings is told by the extension's version. */
export function ownOf(catalog: string, oid: string): string {
  return `not exists (select from pg_depend x
    where x.classid = '${catalog}'::regclass and x.objid = ${oid} and x.objsubid = 0 and x.deptype = 'e')`;
}

/**
 * SQL for an object's grants as a sorted array: 'SELECT to booking_app'. Its owner's are left out: they come and go with
 * the owner, who can take them back at any time.
 *
 * @param owner undefined where there is none
 */
export function grantsTo(acl: string, owner?: string): string {
  const others = owner === undefined ? '' : `where a.grantee <> ${owner}`;
  return `nullif(to_jsonb(array(
    select format('%s to %s%s', a.privilege_type,
        case a.grantee when 0 then 'PUBLIC' else quote_ident(pg_get_userbyid(a.grantee)) end,
        case when a.is_grantable then ' with grant option' else '' end) collate "C"
    from aclexplode(${acl}) a ${others} order by 1)), '[]')`;
}

/** The same for kinds of objects on which PUBLIC has something from the start; `kind` is acldefault's letter. */
export function grantsOrDefault(acl: string, kind: 'f' | 'T', owner: string): string {
  return grantsTo(`coalesce(${acl}, acldefault('${kind}', ${owner}))`, owner);
}

/** SQL for a jsonb object of properties; those that are null are left out. Their names are what people read. */
export function properties(pairs: Readonly<Record<string, string>>): string {
  const list = Object.entries(pairs).map(([name, sql]) => `'${name}', ${sql}`);
  return `jsonb_strip_nulls(jsonb_build_object(${list.join(', ')}))`;
}

/** SQL for true where it holds, else null: a property that is there or not. */
export function flag(condition: string): string {
  return `case when ${condition} then true end`;
}
