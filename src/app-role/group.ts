import { reachableRoles } from '../catalog/roles.js';
import type { CatalogSnapshot, Grant, Role } from '../catalog/snapshot.js';
import { TenantctlError } from '../errors.js';
import type { TenancyModel } from '../tenancy/model.js';
import { groupDangersOf } from './dangers.js';
import { privilegesFor } from './desired.js';

/** The NOLOGIN role that holds the application's privileges, so that logins can come and go. */
export interface Group {
  name: string;
  /** Named by `tenancy.appGroup`, or found in the database. */
  chosen: 'configured' | 'found';
}

/**
 * The group that the login is to be a member of, instead of being granted the same things again: the configured one,
 * else the only one there is. undefined where there is none.
 *
 * @throws TenantctlError usage where the configured one does not exist; gate where it could do more than an app may
 */
export function findGroup(snapshot: CatalogSnapshot, model: TenancyModel, login: string): Group | undefined {
  const { appGroup } = model.config;
  if (appGroup !== undefined) return { name: requireGroup(snapshot, model, appGroup), chosen: 'configured' };
  const candidates = groupCandidates(snapshot, model).filter((name) => name !== login);
  const memberships = snapshot.roles.find((role) => role.name === login)?.memberOf ?? [];
  const joined = candidates.filter((name) => memberships.some((membership) => membership.role === name));
  const [only, ...others] = joined.length > 0 ? joined : candidates;
  return only === undefined || others.length > 0 ? undefined : { name: only, chosen: 'found' };
}

/**
 * Roles made to hold an application's privileges: no login, may write at least one tenant table, and membership gives
 * nothing beyond what would be granted directly.
 */
export function groupCandidates(snapshot: CatalogSnapshot, model: TenancyModel): string[] {
  return snapshot.roles
    .filter(
      (role) =>
        !role.login &&
        !role.name.startsWith('pg_') &&
        groupDangersOf(snapshot, model, role.name).length === 0,
    )
    .map((role) => role.name)
    .filter((name) => writesTenants(snapshot, model, name) && givesNothingMore(snapshot, model, name));
}

function requireGroup(snapshot: CatalogSnapshot, model: TenancyModel, name: string): string {
  const group: Role | undefined = snapshot.roles.find((role) => role.name === name);
  if (!group) {
    throw new TenantctlError({
      kind: 'usage',
      code: 'NO_SUCH_GROUP',
      message: `Cannot put the app role into the group "${name}" (tenancy.appGroup): there is no such role.`,
      hint: '`tenantctl migrate`, if a migration makes it; else take appGroup out, and the role gets the grants itself',
    });
  }
  const dangers = groupDangersOf(snapshot, model, name);
  if (dangers.length === 0) return name;
  throw new TenantctlError({
    kind: 'gate',
    code: 'GROUP_UNSAFE',
    message: `Cannot put the app role into the group "${name}" (tenancy.appGroup): it ${dangers.map((d) => d.fact).join('; it ')}.`,
    hint: dangers.map((danger) => danger.remedy).join('\n'),
  });
}

function writesTenants(snapshot: CatalogSnapshot, model: TenancyModel, name: string): boolean {
  const roles = reachableRoles(snapshot, name);
  return model.relations.some(
    ({ class: kind, relation }) =>
      kind === 'tenant' &&
      relation.grants.some(
        (g) => roles.has(g.grantee) && ['INSERT', 'UPDATE', 'DELETE'].includes(g.privilege),
      ),
  );
}

/** Functions and sequences aside: an application calls what its group may call, and no sequence shows a row. */
function givesNothingMore(snapshot: CatalogSnapshot, model: TenancyModel, name: string): boolean {
  const roles = reachableRoles(snapshot, name);
  // Those give what no grant shows: pg_read_all_data, pg_signal_backend.
  if ([...roles].some((role) => role.startsWith('pg_'))) return false;
  const within = (allowed: readonly string[]) => (grant: Grant) =>
    !roles.has(grant.grantee) || (allowed.includes(grant.privilege) && !grant.grantable);
  return (
    model.relations.every((known) => {
      const allowed = privilegesFor(known, model);
      const { grants, columns } = known.relation;
      return [...grants, ...columns.flatMap((column) => column.grants)].every(within(allowed));
    }) &&
    snapshot.schemas.every(({ grants }) => grants.every(within(['USAGE']))) &&
    snapshot.database.grants.every(within(['CONNECT', 'TEMPORARY'])) &&
    snapshot.parameters.every(({ grants }) => grants.every(within([]))) &&
    !snapshot.largeObjects.some(({ grantee }) => roles.has(grantee))
  );
}
