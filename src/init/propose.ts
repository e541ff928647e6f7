import type { CatalogSnapshot, Relation } from '../catalog/snapshot.js';
import { displayName, type QualifiedName } from '../identifiers.js';
import { classify } from '../tenancy/classify.js';
import type { TenancyConfig } from '../tenancy/config.js';
import { findClaim, findSettings } from './context.js';
import { findAppRoles } from './roles.js';
import { findRoots, type RootCandidate } from './tenants.js';

/** A value for the configuration, and what it was concluded from. */
export interface Proposed<T> {
  value: T;
  /** What was seen, or that nothing was; one line. */
  because: string;
}

/** What a database's tenancy looks like from its catalog. */
export interface Proposal {
  schemas: string[];
  root: Proposed<QualifiedName>;
  column: Proposed<string>;
  setting: Proposed<string>;
  /** Where the setting holds claims in JSON: the one that names the tenant. */
  claim: string | undefined;
  appRole: Proposed<string>;
  appGroup: Proposed<string> | undefined;
  /** Relations that nothing ties to a tenant: a person has to say why every tenant may read them. */
  unassigned: QualifiedName[];
  /** A line on row level security where it is missing somewhere. */
  rowSecurity: string | undefined;
}

/**
 * Concludes from the catalog who the tenants are and how the database is told; undefined where no table looks like the
 * root.
 */
export async function propose(snapshot: CatalogSnapshot): Promise<Proposal | undefined> {
  const [found, ...others] = findRoots(snapshot);
  if (!found) return undefined;
  const { root, column, members } = found;
  const schemas = [...new Set([root.schema, ...members.map(({ schema }) => schema)])];
  const [use] = await findSettings(snapshot, column);
  return {
    schemas,
    root: { value: nameOf(root), because: rootReason(found, others) },
    column: { value: column, because: columnReason(found) },
    setting: use
      ? { value: use.setting, because: `read by ${some(use.places)}` }
      : { value: `app.${column}`, because: 'nothing reads a setting yet: only a name for it' },
    claim: use && (await findClaim(snapshot, use.setting, column)),
    ...proposeRoles(snapshot, found),
    unassigned: findUnassigned(snapshot, { root: nameOf(root), columns: [column], schemas }),
    rowSecurity: describeRowSecurity([root, ...members]),
  };
}

function rootReason({ root, column, byKey, members }: RootCandidate, others: RootCandidate[]): string {
  const named = members.length - byKey;
  const parts = [
    ...(byKey > 0
      ? [`${plural(byKey, 'table')} with a foreign key to ${displayName(root)} by ${column}`]
      : []),
    ...(named > 0 ? [`${plural(named, 'table')} with a column ${column} and no foreign key`] : []),
  ];
  const next = [...new Set(others.map((other) => other.root))]
    .slice(0, 2)
    .map((relation) => displayName(relation));
  return `${parts.join(', ')}${next.length > 0 ? `; next likely: ${next.join(', ')}` : ''}`;
}

function columnReason({ root, members }: RootCandidate): string {
  return `on ${some(members.map((relation) => displayName(relation, root.schema)))}`;
}

function proposeRoles(
  snapshot: CatalogSnapshot,
  found: RootCandidate,
): Pick<Proposal, 'appRole' | 'appGroup'> {
  const { login, group } = findAppRoles(snapshot, found.members);
  const writes = (count: number) => `may write ${count} of these ${plural(found.members.length, 'table')}`;
  const appRole = login
    ? { value: login.name, because: `a login, no superuser, ${writes(login.writes)}` }
    : roleToBe(snapshot, found, group ? loginNameFor(group.name) : `${snapshot.database.name}_app`);
  return {
    appRole,
    appGroup: group && { value: group.name, because: `no login of its own, ${writes(group.writes)}` },
  };
}

/** A role by that name, unless one that no policy holds has it: the owner of the tables, often. */
function roleToBe({ roles }: CatalogSnapshot, found: RootCandidate, name: string): Proposed<string> {
  const owners = [found.root, ...found.members].map(({ owner }) => owner);
  const unfit = roles.filter((role) => role.superuser || role.bypassRls || owners.includes(role.name));
  const value = unfit.some((role) => role.name === name) ? `${name}_login` : name;
  const because = roles.some((role) => role.name === value)
    ? 'there is a role of that name, which may not write these tables yet: tenantctl create-app-role sees to it'
    : 'there is no such role yet: tenantctl create-app-role makes it';
  return { value, because };
}

/** The group booking_app_access is for the login booking_app. */
function loginNameFor(group: string): string {
  const stem = group.replace(/_(access|group|role|rw)$/, '');
  return stem === group ? `${group}_login` : stem;
}

function findUnassigned(
  snapshot: CatalogSnapshot,
  known: Pick<TenancyConfig, 'root' | 'columns' | 'schemas'>,
): QualifiedName[] {
  const config: TenancyConfig = {
    ...known,
    ...{ columnOverrides: [], shared: [], waivers: [], fixtures: [] },
    ...{ context: { sql: [] }, appRole: undefined, isolation: 'rls', checksDirectory: undefined },
  };
  return classify(snapshot, config)
    .relations.filter(
      (known) => known.class === 'untenanted' && config.schemas.includes(known.relation.schema),
    )
    .map(({ relation }) => nameOf(relation));
}

function describeRowSecurity(relations: Relation[]): string | undefined {
  const without = relations.filter(({ rowSecurity }) => !rowSecurity);
  if (without.length === 0) return undefined;
  return `Row level security is off on ${without.length} of ${plural(relations.length, 'table')}: ${some(without.map((relation) => displayName(relation)))}.`;
}

function nameOf({ schema, name }: Relation): QualifiedName {
  return { schema, name };
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

const SHOWN = 4;

/** 'a, b, c, d and 3 more'. */
function some(names: string[]): string {
  const more = names.length - SHOWN;
  return more > 0 ? `${names.slice(0, SHOWN).join(', ')} and ${more} more` : names.join(', ');
}
