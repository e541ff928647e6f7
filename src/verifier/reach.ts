import { inheritedRoles, reachableRoles } from '../catalog/roles.js';
import type { CatalogSnapshot, DatabaseFunction, Grant, Relation, Role } from '../catalog/snapshot.js';
import { once } from './once.js';

/** Someone that statements can run as, with the roles whose privileges and policies then count. */
export interface Actor {
  /** 'public' where no app role is known: any login that holds nothing but what PUBLIC holds. */
  name: string;
  inherits: ReadonlySet<string>;
}

/** What the application can do: at once, and as any role that it can become. */
export interface Reach {
  /** undefined where none is configured, or it does not exist: then only PUBLIC is judged. */
  role: Role | undefined;
  /** The app role first, then every role it can become. */
  actors: Actor[];
  /** Every role whose privileges the app role has or can get. Empty without an app role. */
  becomes: ReadonlySet<string>;
  /** Grants in `grants` that the application can use, PUBLIC's included. */
  usable(grants: readonly Grant[]): readonly Grant[];
  /** Usable grants on a relation, on single columns included; none without USAGE on its schema. */
  grantsOn(relation: Relation): readonly Grant[];
  /** Privileges on a relation, on single columns included; none without USAGE on its schema. */
  privileges(relation: Relation): ReadonlySet<string>;
  /** The same for one actor. */
  privilegesAs(actor: Actor, relation: Relation): ReadonlySet<string>;
  mayUseSchema(name: string): boolean;
  mayExecute(fn: DatabaseFunction): boolean;
}

/** Predefined roles whose privileges stand in no ACL. */
const EVERYWHERE: Readonly<Record<string, readonly string[]>> = {
  pg_read_all_data: ['SELECT'],
  pg_write_all_data: ['INSERT', 'UPDATE', 'DELETE'],
  pg_maintain: ['MAINTAIN'],
};

/** Works out who the application is; `appRole` is the configured name. */
export function reachOf(snapshot: CatalogSnapshot, appRole: string | undefined): Reach {
  const role = snapshot.roles.find((candidate) => candidate.name === appRole);
  const becomes: ReadonlySet<string> = role ? reachableRoles(snapshot, role.name) : new Set<string>();
  const actors: Actor[] = role
    ? [...becomes].map((name) => ({ name, inherits: inheritedRoles(snapshot, name) }))
    : [{ name: 'public', inherits: new Set<string>() }];
  const schemas = new Map(snapshot.schemas.map((schema) => [schema.name, schema.grants]));
  const holdingsOf = once((actor: Actor) => holdings(actor, schemas));
  const everyone = holdingsOf({ name: 'public', inherits: becomes });
  return {
    role,
    actors,
    becomes,
    usable: everyone.usable,
    grantsOn: everyone.grantsOn,
    privileges: everyone.privileges,
    privilegesAs: (actor, relation) => holdingsOf(actor).privileges(relation),
    mayUseSchema: everyone.mayUse,
    mayExecute: (fn) => everyone.mayUse(fn.schema) && everyone.usable(fn.grants).length > 0,
  };
}

/** What one actor holds. Most relations share their grants with others, so it is worked out by these. */
function holdings(actor: Actor, schemas: ReadonlyMap<string, readonly Grant[]>) {
  const predefined = everywhere(actor);
  const usable = once((grants: readonly Grant[]): readonly Grant[] =>
    grants.filter(({ grantee }) => grantee === 'public' || actor.inherits.has(grantee)),
  );
  const privilegesIn = once(
    (grants: readonly Grant[]): ReadonlySet<string> =>
      new Set([...usable(grants).map(({ privilege }) => privilege), ...predefined]),
  );
  const mayUse = (schema: string) =>
    predefined.length > 0 || privilegesIn(schemas.get(schema) ?? NO_GRANTS).has('USAGE');
  return {
    usable,
    mayUse,
    grantsOn: (relation: Relation) => (mayUse(relation.schema) ? usable(allGrants(relation)) : NO_GRANTS),
    privileges: (relation: Relation) =>
      mayUse(relation.schema) ? privilegesIn(allGrants(relation)) : NO_PRIVILEGES,
  };
}

const NO_GRANTS: readonly Grant[] = [];
const NO_PRIVILEGES: ReadonlySet<string> = new Set();

const allGrants = once(({ columns, grants }: Relation): readonly Grant[] => {
  const onColumns = columns.flatMap((column) => column.grants);
  return onColumns.length > 0 ? [...grants, ...onColumns] : grants;
});

function everywhere(actor: Actor): string[] {
  return [...actor.inherits].flatMap((name) => EVERYWHERE[name] ?? []);
}

/**
 * Why row security does not bind `role` on `table`, in words; undefined where it does. As PostgreSQL decides it: the
 * attributes count for the role itself only, ownership is inherited.
 */
export function bypassReason(snapshot: CatalogSnapshot, role: string, table: Relation): string | undefined {
  if (!table.rowSecurity) return `${table.name} has no row level security`;
  const { attributes, inherits } = factsOf(snapshot, role);
  if (attributes?.superuser) return `${role} is a superuser`;
  if (attributes?.bypassRls) return `${role} has BYPASSRLS`;
  if (!table.forceRowSecurity && inherits.has(table.owner)) {
    return `${role} owns ${table.name}, and row level security is not forced`;
  }
  return undefined;
}

interface RoleFacts {
  attributes: Role | undefined;
  inherits: ReadonlySet<string>;
}

/** The same few roles are asked about for every table, view and function. */
const known = new WeakMap<CatalogSnapshot, Map<string, RoleFacts>>();

function factsOf(snapshot: CatalogSnapshot, name: string): RoleFacts {
  const roles = known.get(snapshot) ?? new Map<string, RoleFacts>();
  known.set(snapshot, roles);
  const facts = roles.get(name) ?? {
    attributes: snapshot.roles.find((role) => role.name === name),
    inherits: inheritedRoles(snapshot, name),
  };
  roles.set(name, facts);
  return facts;
}
