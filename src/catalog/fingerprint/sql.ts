import { BOOKKEEPING_SCHEMA } from '../../postgres/bookkeeping.js';
import { OWN_SCHEMA } from '../queries/grants.js';

/** PostgreSQL's own objects come before it. */
const FIRST_OID = 16_384;

/**
 * What a database may have nothing of. PostgreSQL takes longer to plan the query than to run it, so it is not asked for
 * what is not there.
 */
export const SELDOM = {
  extensions: `exists (select from pg_extension where oid >= ${FIRST_OID})`,
  inheritance: 'exists (select from pg_inherits)',
  'foreign tables': 'exists (select from pg_foreign_table)',
  // As constraints of their own, PostgreSQL 18+.
  'not null constraints': `current_setting('server_version_num')::integer >= 180000`,
  policies: 'exists (select from pg_policy)',
  triggers: 'exists (select from pg_trigger where not tgisinternal)',
  rules: `exists (select from pg_rewrite where ev_type <> '1' and oid >= ${FIRST_OID})`,
  statistics: 'exists (select from pg_statistic_ext)',
  functions: `exists (select from pg_proc where oid >= ${FIRST_OID})`,
  types: `exists (select from pg_type where oid >= ${FIRST_OID} and typtype in ('e', 'd', 'r'))
      or exists (select from pg_class where oid >= ${FIRST_OID} and relkind = 'c')`,
  'default privileges': 'exists (select from pg_default_acl)',
  'event triggers': 'exists (select from pg_event_trigger)',
  publications: 'exists (select from pg_publication)',
} as const;

/** Whether a database has something of a kind. */
export type Has = (kind: keyof typeof SELDOM) => boolean;

/** The objects of some kinds, among the CTE `rel`'s or by themselves. */
export interface Part {
  /** They are of this kind. */
  of?: keyof typeof SELDOM;
  /** SQL for rows of (kind, identity, parent, definition). */
  sql: (has: Has) => string;
}

/** Condition for the schemas that are watched: not PostgreSQL's own, nor tenantctl's. */
export const WATCHED = `${OWN_SCHEMA} and n.nspname <> '${BOOKKEEPING_SCHEMA}'`;

/** Condition for objects that somebody made by hand: what an extension brings is told by the extension's version. */
export function ownOf(has: Has, catalog: string, oid: string): string {
  if (!has('extensions')) return 'true';
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

/** SQL for a jsonb object of properties; those that are null or false are left out. Their names are what people read. */
export function properties(pairs: Readonly<Record<string, string | false>>): string {
  const list = Object.entries(pairs).flatMap(([name, sql]) => (sql ? [`'${name}', ${sql}`] : []));
  return `jsonb_strip_nulls(jsonb_build_object(${list.join(', ')}))`;
}

/** SQL for true where it holds, else null: a property that is there or not. */
export function flag(condition: string): string {
  return `case when ${condition} then true end`;
}
