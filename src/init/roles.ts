import { inheritedRoles } from '../catalog/roles.js';
import type { CatalogSnapshot, Relation } from '../catalog/snapshot.js';

/** A role that may be the application's. */
export interface RoleCandidate {
  name: string;
  /** How many of the tables it may write. */
  writes: number;
}

/** The application's login and the group that holds its privileges, as far as there are such. */
export interface AppRoles {
  login: RoleCandidate | undefined;
  group: RoleCandidate | undefined;
}

const WRITES = ['INSERT', 'UPDATE', 'DELETE'];

/** Finds who writes the tenants' tables without owning them: a login by grants of its own, or through a group. */
export function findAppRoles(snapshot: CatalogSnapshot, tables: Relation[]): AppRoles {
  const owners = new Set(tables.map(({ owner }) => owner));
  const candidates = snapshot.roles
    .filter(({ name, superuser, bypassRls }) => !superuser && !bypassRls && !name.startsWith('pg_'))
    .filter(({ name }) => !owners.has(name));
  const most = (names: string[], reach: (name: string) => ReadonlySet<string>): RoleCandidate | undefined =>
    names
      .map((name) => ({ name, writes: countWritable(tables, reach(name)) }))
      .filter(({ writes }) => writes > 0)
      .sort((a, b) => b.writes - a.writes || (a.name < b.name ? -1 : 1))[0];
  const names = (isLogin: boolean) =>
    candidates.filter(({ login }) => login === isLogin).map(({ name }) => name);
  const login = most(names(true), (name) => inheritedRoles(snapshot, name));
  const groups = names(false).filter((name) => !login || inheritedRoles(snapshot, login.name).has(name));
  return { login, group: most(groups, (name) => new Set([name])) };
}

/** PUBLIC's privileges are left out: they tell nobody apart. */
function countWritable(tables: Relation[], roles: ReadonlySet<string>): number {
  return tables.filter(({ grants }) =>
    grants.some(({ grantee, privilege }) => roles.has(grantee) && WRITES.includes(privilege)),
  ).length;
}
