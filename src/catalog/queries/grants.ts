/**
 * SQL for an object's privileges as a JSON array of Grant. A missing ACL means the built-in defaults, which differ by
 * kind of object: acldefault spells them out, so that a check never has to know them.
 *
 * @param kind acldefault's letter: r relation, s sequence, f function, n schema, d database, p parameter, L large object
 */
export function grantsOf(acl: string, kind: string, owner: string): string {
  return expand(`coalesce(${acl}, acldefault('${kind}', ${owner}))`);
}

/** The same for an ACL that has no defaults: columns, ALTER DEFAULT PRIVILEGES. */
export function grantsIn(acl: string): string {
  return expand(acl);
}

function expand(acl: string): string {
  return `(
    select coalesce(json_agg(json_build_object(
      'grantee', case a.grantee when 0 then 'public' else pg_get_userbyid(a.grantee) end,
      'grantor', pg_get_userbyid(a.grantor),
      'privilege', a.privilege_type,
      'grantable', a.is_grantable)), '[]')
    from aclexplode(${acl}) a)`;
}

/** Condition for schemas that are not PostgreSQL's own: the prefix pg_ is reserved (toast and temporary ones included). */
export const OWN_SCHEMA = `not starts_with(n.nspname, 'pg_') and n.nspname <> 'information_schema'`;

/** SQL for the name of the extension that an object belongs to, else null. */
export function extensionOf(catalog: string, oid: string): string {
  return `(
    select e.extname::text from pg_depend d join pg_extension e on e.oid = d.refobjid
    where d.classid = '${catalog}'::regclass and d.objid = ${oid} and d.objsubid = 0 and d.deptype = 'e'
      and d.refclassid = 'pg_extension'::regclass)`;
}
