import type { CatalogSnapshot, Grant, Role } from './snapshot.js';

/** Roles whose privileges `name` has without doing anything: itself, and what it inherits. */
export function inheritedRoles(snapshot: CatalogSnapshot, name: string): Set<string> {
  return closure(snapshot, name, (membership) => membership.inherit);
}

/**
 * Roles that `name` can become, in any number of steps: itself, what it inherits, what SET ROLE reaches, and what it may
 * grant itself because it holds the role's ADMIN OPTION.
 */
export function reachableRoles(snapshot: CatalogSnapshot, name: string): Set<string> {
  return closure(snapshot, name, (membership) => membership.inherit || membership.set || membership.admin);
}

/** Roles that `name` can make itself by SET ROLE, itself left out; from PostgreSQL 16 on memberships may withhold that. */
export function settableRoles(snapshot: CatalogSnapshot, name: string): Set<string> {
  const found = closure(snapshot, name, (membership) => membership.set);
  found.delete(name);
  return found;
}

/**
 * Roles whose attributes `name` can take on, itself included: by SET ROLE, also once it has granted itself what it, or a role
 * whose privileges it has by then, administers. What is only inherited gives no attribute.
 */
export function assumableRoles(snapshot: CatalogSnapshot, name: string): Set<string> {
  const memberships = new Map(snapshot.roles.map((role) => [role.name, role.memberOf]));
  const found = new Set([name]);
  for (const each of found) {
    for (const { role, set } of memberships.get(each) ?? []) if (set) found.add(role);
    for (const held of inheritedRoles(snapshot, each))
      for (const { role, admin } of memberships.get(held) ?? []) if (admin) found.add(role);
  }
  return found;
}

/** Privileges that one of `roles` or PUBLIC holds, of those in `grants`. */
export function privilegesOf(grants: Grant[], roles: ReadonlySet<string>): Set<string> {
  return new Set(
    grants.filter((g) => g.grantee === 'public' || roles.has(g.grantee)).map((grant) => grant.privilege),
  );
}

function closure(
  snapshot: CatalogSnapshot,
  start: string,
  follow: (membership: Role['memberOf'][number]) => boolean,
): Set<string> {
  const byName = new Map(snapshot.roles.map((role) => [role.name, role]));
  const found = new Set([start]);
  for (const name of found) {
    for (const membership of byName.get(name)?.memberOf ?? []) {
      if (follow(membership)) found.add(membership.role);
    }
  }
  return found;
}
