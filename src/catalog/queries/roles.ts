import type { Client } from '../../postgres/connect.js';
import type { DefaultPrivileges, Role, RoleSetting } from '../snapshot.js';
import { grantsIn } from './grants.js';
import type { Server } from './server.js';

/**
 * All roles with their direct memberships. A membership granted by several grantors (PostgreSQL 16+) counts once, with
 * the options that any of the grants gives. The database's owner is a member of pg_database_owner without any grant.
 */
export async function readRoles(client: Client, server: Promise<Server>): Promise<Role[]> {
  const { version } = await server;
  const inherit = version >= 160000 ? 'm.inherit_option' : 'u.rolinherit';
  const set = version >= 160000 ? 'm.set_option' : 'true';
  const { rows } = await client.query<Role>(`
    select r.rolname as name, r.rolsuper as superuser, r.rolbypassrls as "bypassRls",
      r.rolcreaterole as "createRole", r.rolcreatedb as "createDb", r.rolreplication as replication,
      r.rolcanlogin as login, r.rolinherit as inherit, r.rolconnlimit as "connectionLimit",
      (select coalesce(json_agg(x order by x.role), '[]') from (
        select g.rolname as role, bool_or(${inherit}) as inherit, bool_or(${set}) as set,
          bool_or(m.admin_option) as admin
        from pg_auth_members m join pg_roles g on g.oid = m.roleid join pg_roles u on u.oid = m.member
        where m.member = r.oid group by g.rolname
        union all
        select 'pg_database_owner', true, true, false from pg_database d
        where d.datname = current_database() and d.datdba = r.oid) x) as "memberOf"
    from pg_roles r order by r.rolname`);
  return rows;
}

export async function readDefaultPrivileges(client: Client): Promise<DefaultPrivileges[]> {
  const { rows } = await client.query<Omit<DefaultPrivileges, 'schema'> & { schema: string | null }>(`
    select pg_get_userbyid(d.defaclrole) as owner, n.nspname as schema,
      case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions'
        when 'T' then 'types' when 'n' then 'schemas' else 'large objects' end as objects,
      ${grantsIn('d.defaclacl')} as grants
    from pg_default_acl d left join pg_namespace n on n.oid = d.defaclnamespace
    order by 1, 2, 3`);
  return rows.map((row) => ({ ...row, schema: row.schema ?? undefined }));
}

/** ALTER ROLE … SET and ALTER DATABASE … SET, as far as they hold here. */
export async function readSettings(client: Client): Promise<RoleSetting[]> {
  const { rows } = await client.query<Omit<RoleSetting, 'role'> & { role: string | null }>(`
    select r.rolname as role, s.setdatabase <> 0 as "thisDatabase", split_part(c, '=', 1) as name,
      substr(c, strpos(c, '=') + 1) as value
    from pg_db_role_setting s left join pg_roles r on r.oid = s.setrole, unnest(s.setconfig) c
    where s.setdatabase = 0 or s.setdatabase = (select oid from pg_database where datname = current_database())
    order by 1, 2, 3`);
  return rows.map((row) => ({ ...row, role: row.role ?? undefined }));
}
