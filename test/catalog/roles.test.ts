import { describe, expect, it } from 'vitest';
import { assumableRoles, inheritedRoles, privilegesOf, reachableRoles } from '../../src/catalog/roles.js';
import type { CatalogSnapshot, Membership, Role } from '../../src/catalog/snapshot.js';

function role(name: string, memberOf: Membership[] = []): Role {
  return {
    ...{ name, superuser: false, bypassRls: false, createRole: false, createDb: false, replication: false },
    ...{ login: true, inherit: true, connectionLimit: -1, memberOf },
  };
}

const NOTHING = { inherit: false, set: false, admin: false };
const snapshot = {
  roles: [
    role('app', [
      { ...NOTHING, role: 'readers', inherit: true, set: true },
      { ...NOTHING, role: 'owner', set: true },
      { ...NOTHING, role: 'managed', admin: true },
      { ...NOTHING, role: 'named_only' },
    ]),
    role('readers', [{ ...NOTHING, role: 'everyone', inherit: true }]),
    role('owner', [{ ...NOTHING, role: 'schema_owner', inherit: true }]),
    role('everyone', [{ ...NOTHING, role: 'readers', inherit: true }]),
  ],
} as unknown as CatalogSnapshot;

describe('roles', () => {
  it('are inherited in any number of steps, in circles too', () => {
    expect([...inheritedRoles(snapshot, 'app')]).toEqual(['app', 'readers', 'everyone']);
  });

  it('are within reach by SET ROLE, and by an ADMIN OPTION that grants them', () => {
    expect([...reachableRoles(snapshot, 'app')].sort()).toEqual([
      ...['app', 'everyone', 'managed', 'owner', 'readers', 'schema_owner'],
    ]);
  });

  it('give their attributes where they can be taken on, and not where they are only inherited', () => {
    const more = (roles: Role[]) => ({ roles }) as unknown as CatalogSnapshot;
    const only = (kind: 'inherit' | 'set' | 'admin', name: string) => [
      { ...NOTHING, role: name, [kind]: true },
    ];
    expect([...assumableRoles(more([role('app', only('inherit', 'ops')), role('ops')]), 'app')]).toEqual([
      'app',
    ]);
    const chain = [role('app', only('set', 'mid')), role('mid', only('set', 'ops')), role('ops')];
    expect([...assumableRoles(more(chain), 'app')]).toEqual(['app', 'mid', 'ops']);
    const admin = [role('app', only('inherit', 'mid')), role('mid', only('admin', 'ops')), role('ops')];
    expect([...assumableRoles(more(admin), 'app')]).toEqual(['app', 'ops']);
    const halfWay = [role('app', only('inherit', 'mid')), role('mid', only('set', 'ops')), role('ops')];
    expect([...assumableRoles(more(halfWay), 'app')]).toEqual(['app']);
  });

  it('have the privileges of PUBLIC besides their own', () => {
    const grant = (grantee: string, privilege: string) => ({
      grantee,
      privilege,
      grantor: 'o',
      grantable: false,
    });
    const grants = [grant('public', 'SELECT'), grant('readers', 'INSERT'), grant('others', 'DELETE')];
    expect([...privilegesOf(grants, inheritedRoles(snapshot, 'app'))]).toEqual(['SELECT', 'INSERT']);
  });
});
