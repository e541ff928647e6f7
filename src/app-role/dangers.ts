import { reachableRoles } from '../catalog/roles.js';
import type { CatalogSnapshot, Role } from '../catalog/snapshot.js';
import { displayName, quoteIdent, quoteName } from '../identifiers.js';
import type { TenancyModel } from '../tenancy/model.js';

/** Why no policy can hold a role: something that only a person may take away from it. */
export interface Danger {
  /** 'owns the table orders': follows the role's name. */
  fact: string;
  /** SQL. */
  remedy: string;
}

/** Files and programs of the server, hence everything. */
const SERVER_ROLES = ['pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files'];

/**
 * What puts a role above row level security by ownership or by a role it can become. Its own attributes are not among
 * it: those are set right. Ownership and memberships are not, since something may depend on them.
 */
export function dangersOf(snapshot: CatalogSnapshot, model: TenancyModel, name: string): Danger[] {
  const byName = new Map(snapshot.roles.map((role) => [role.name, role]));
  const reachable = [...reachableRoles(snapshot, name)].filter((other) => other !== name);
  return [
    ...ownershipsOf(snapshot, model, name).map(({ what, sql }) => ({
      fact: `owns ${what}`,
      remedy: `${sql} OWNER TO <another role>`,
    })),
    ...reachable.flatMap((other) => {
      const power = powerOf(byName.get(other)) ?? ownershipsOf(snapshot, model, other)[0]?.what;
      if (power === undefined) return [];
      const how = power.startsWith('may') ? `which ${power}` : `which owns ${power}`;
      return [{ fact: `can act as ${other}, ${how}`, remedy: revokeStep(snapshot, byName.get(name), other) }];
    }),
  ];
}

/** The same of a group: what it may itself, a member may that can become it. */
export function groupDangersOf(snapshot: CatalogSnapshot, model: TenancyModel, name: string): Danger[] {
  const power = powerOf(snapshot.roles.find((role) => role.name === name));
  const own = {
    fact: power ?? '',
    remedy: `ALTER ROLE ${quoteIdent(name)} NOSUPERUSER NOBYPASSRLS NOCREATEROLE`,
  };
  return [...(power === undefined ? [] : [own]), ...dangersOf(snapshot, model, name)];
}

function powerOf(role: Role | undefined): string | undefined {
  if (!role) return undefined;
  if (role.superuser) return 'may do everything (SUPERUSER)';
  if (role.bypassRls) return 'may ignore every policy (BYPASSRLS)';
  if (role.createRole) return 'may change roles (CREATEROLE)';
  return SERVER_ROLES.includes(role.name) ? "may use the server's files and programs" : undefined;
}

/** The membership to end is the first step of the way there. */
function revokeStep(snapshot: CatalogSnapshot, role: Role | undefined, other: string): string {
  const step = role?.memberOf.find(
    (membership) => membership.role === other || reachableRoles(snapshot, membership.role).has(other),
  );
  return `REVOKE ${quoteIdent(step?.role ?? other)} FROM ${quoteIdent(role?.name ?? '')}`;
}

function ownershipsOf(
  snapshot: CatalogSnapshot,
  model: TenancyModel,
  role: string,
): { what: string; sql: string }[] {
  const { database } = snapshot;
  const ours = (schema: string) => model.config.schemas.includes(schema);
  return [
    ...(database.owner === role
      ? [{ what: `the database ${database.name}`, sql: `ALTER DATABASE ${quoteIdent(database.name)}` }]
      : []),
    ...snapshot.schemas
      .filter((schema) => schema.owner === role && ours(schema.name))
      .map(({ name }) => ({ what: `the schema ${name}`, sql: `ALTER SCHEMA ${quoteIdent(name)}` })),
    ...snapshot.relations
      .filter((relation) => relation.owner === role && ours(relation.schema))
      .map((relation) => ({
        what: `the ${relation.kind} ${displayName(relation)}`,
        sql: `ALTER ${alterable(relation.kind)} ${quoteName(relation)}`,
      })),
  ];
}

function alterable(kind: string): string {
  return kind === 'partitioned table' ? 'TABLE' : kind.toUpperCase();
}
