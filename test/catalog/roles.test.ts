import { describe, expect, it } from 'vitest';
import { inheritedRoles, privilegesOf, reachableRoles } from '../../src/catalog/roles.js';
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
