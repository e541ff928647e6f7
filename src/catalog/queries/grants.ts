import type { Client } from '../../postgres/connect.js';
import type { Grant } from '../snapshot.js';
import { readRows } from './rows.js';

/** The privileges that an ACL comes to, by its text: thousands of relations share a few, and each is expanded once. */
export type GrantsByAcl = ReadonlyMap<string, Grant[]>;

/** SQL for a relation's ACL as text, or that of a sequence; `c` is its row of pg_class. */
export const RELATION_ACL = `coalesce(c.relacl, acldefault(case c.relkind when 'S' then 's' else 'r' end::"char", c.relowner))`;

/** Those of relations and of sequences. */
export async function readGrants(client: Client): Promise<GrantsByAcl> {
  const found = await readRows<{ acl: string; grants: Grant[] }>(
    client,
    `select x.acl::text as acl, ${grantsIn('x.acl')} as grants from (
      select distinct ${RELATION_ACL} as acl from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and ${OWN_SCHEMA}) x`,
  );
  return new Map(found.map(({ acl, grants }) => [acl, grants]));
}

/**
 * SQL for an object's privileges as a JSON array of Grant. A missing ACL means the built-in defaults, which differ by
 * kind of object: acldefault spells them out, so that a check never has to know them.
 *
 * @param kind acldefault's letter: r relation, s sequence, f function, n schema, d database, p parameter, L large object, S foreign server
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

/** SQL for what extensions brought with them: `classid`, `objid`, and the extension's name as `extname`. */
export const MEMBERS = `(
    select d.classid, d.objid, x.extname::text from pg_extension x join pg_depend d on d.refobjid = x.oid
    where d.refclassid = 'pg_extension'::regclass and d.objsubid = 0 and d.deptype = 'e') e`;
