import { inheritedRoles } from '../catalog/roles.js';
import type { CatalogSnapshot, Grant, Role } from '../catalog/snapshot.js';
import { quoteIdent, quoteLiteral } from '../identifiers.js';
import type { TenancyModel } from '../tenancy/model.js';
import { connectGrant, type DesiredGrant, desiredGrants } from './desired.js';
import type { Group } from './group.js';

/** One statement that brings the role closer to what it should be. */
export interface Change {
  kind: 'role' | 'attributes' | 'password' | 'membership' | 'grant' | 'setting';
  /** As it is executed; a password's verifier is masked. */
  sql: string;
  /** What the executing role must have, for the error where it has not. */
  needs: string;
  /** PUBLIC has the privilege, so the role can do without it until that is revoked. */
  dispensable?: true;
}

export interface Wish {
  role: string;
  group: Group | undefined;
  /** VALID UNTIL has passed. */
  expired: boolean;
  /** Sessions of the role that there are now. */
  sessions: number;
}

/** A pool of a runaway release must not take every connection of the server. */
export const CONNECTION_LIMIT = 50;

/**
 * Defaults of the login in this database: a query without end and a transaction that was forgotten hold locks and keep
 * vacuum from cleaning. A value that somebody set already stays.
 */
export const SETTINGS: readonly { name: string; value: string }[] = [
  { name: 'statement_timeout', value: '30s' },
  { name: 'idle_in_transaction_session_timeout', value: '60s' },
];

const CREATEROLE = 'the CREATEROLE attribute; from PostgreSQL 16 on also ADMIN OPTION on the role';

/** Statements that are missing, in the order in which they have to be executed. */
export function diffRole(snapshot: CatalogSnapshot, model: TenancyModel, wish: Wish): Change[] {
  const role = snapshot.roles.find((candidate) => candidate.name === wish.role);
  return [
    ...attributeChanges(snapshot, role, wish),
    ...membershipChanges(snapshot, role, wish),
    ...grantChanges(snapshot, model, wish),
    ...settingChanges(snapshot, wish.role),
  ];
}

function attributeChanges(snapshot: CatalogSnapshot, role: Role | undefined, wish: Wish): Change[] {
  const name = quoteIdent(wish.role);
  if (!role) {
    return [
      {
        kind: 'role',
        sql:
          `CREATE ROLE ${name} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS ` +
          `CONNECTION LIMIT ${CONNECTION_LIMIT}`,
        needs: 'the CREATEROLE attribute',
      },
    ];
  }
  // Before 16 the member's attribute, not the membership, decides whether privileges are inherited.
  const mustInherit = wish.group !== undefined && snapshot.server.versionNumber < 160000;
  // Only what deviates: naming an attribute at all can take a superuser.
  const wrong = [
    role.login ? '' : 'LOGIN',
    role.superuser ? 'NOSUPERUSER' : '',
    role.createDb ? 'NOCREATEDB' : '',
    role.createRole ? 'NOCREATEROLE' : '',
    role.replication ? 'NOREPLICATION' : '',
    role.bypassRls ? 'NOBYPASSRLS' : '',
    mustInherit && !role.inherit ? 'INHERIT' : '',
    // How many an application that is at work needs at its peak, nobody can tell: it would be kept out.
    role.connectionLimit === -1 && wish.sessions === 0 ? `CONNECTION LIMIT ${CONNECTION_LIMIT}` : '',
    wish.expired ? "VALID UNTIL 'infinity'" : '',
  ].filter((attribute) => attribute !== '');
  if (wrong.length === 0) return [];
  const powers = role.superuser || role.bypassRls || role.replication;
  return [
    {
      kind: 'attributes',
      sql: `ALTER ROLE ${name} ${wrong.join(' ')}`,
      needs: powers ? 'to be a superuser' : CREATEROLE,
    },
  ];
}

function membershipChanges(snapshot: CatalogSnapshot, role: Role | undefined, wish: Wish): Change[] {
  if (!wish.group) return [];
  const group = wish.group.name;
  const membership = role?.memberOf.find((candidate) => candidate.role === group);
  const perGrant = snapshot.server.versionNumber >= 160000;
  if (membership && (membership.inherit || !perGrant)) return [];
  // The login has the group's privileges, and cannot become the group: what it makes stays its own.
  const options = perGrant ? ' WITH INHERIT TRUE, SET FALSE' : '';
  return [
    {
      kind: 'membership',
      sql: `GRANT ${quoteIdent(group)} TO ${quoteIdent(wish.role)}${options}`,
      needs: `ADMIN OPTION on ${quoteIdent(group)}; before PostgreSQL 16 CREATEROLE is enough`,
    },
  ];
}

function grantChanges(snapshot: CatalogSnapshot, model: TenancyModel, wish: Wish): Change[] {
  const own = wish.group ? [] : desiredGrants(snapshot, model);
  const roles = inheritedRoles(snapshot, wish.role);
  return [connectGrant(snapshot), ...own].flatMap((desired) => {
    const missing = missingPrivileges(desired, roles);
    if (missing.length === 0) return [];
    const open = missingPrivileges(desired, new Set(['public'])).length === 0;
    return [
      {
        kind: 'grant' as const,
        sql: `GRANT ${missing.join(', ')} ON ${desired.on} TO ${quoteIdent(wish.role)}`,
        needs: `ownership of ${desired.on}, or these privileges WITH GRANT OPTION`,
        ...(open && { dispensable: true as const }),
      },
    ];
  });
}

/** What PUBLIC has does not count: it may be revoked one day, for reasons that have nothing to do with this role. */
function missingPrivileges(desired: DesiredGrant, roles: ReadonlySet<string>): string[] {
  const holds = (grant: Grant, privilege: string) =>
    roles.has(grant.grantee) && grant.privilege === privilege;
  return desired.privileges.filter((privilege) => !desired.grants.some((grant) => holds(grant, privilege)));
}

function settingChanges(snapshot: CatalogSnapshot, role: string): Change[] {
  const set = new Set(snapshot.settings.filter((s) => s.role === role).map((s) => s.name));
  const where = `${quoteIdent(role)} IN DATABASE ${quoteIdent(snapshot.database.name)}`;
  return SETTINGS.filter(({ name }) => !set.has(name)).map(({ name, value }) => ({
    kind: 'setting',
    sql: `ALTER ROLE ${where} SET ${name} = ${quoteLiteral(value)}`,
    needs: CREATEROLE,
  }));
}
