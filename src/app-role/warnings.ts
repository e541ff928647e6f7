import type { CatalogSnapshot, Grant, Relation } from '../catalog/snapshot.js';
import { displayName, quoteIdent, quoteName } from '../identifiers.js';
import type { ClassifiedRelation, TenancyModel } from '../tenancy/model.js';
import { bypassesRowSecurity, privilegesFor } from './desired.js';
import { CONNECTION_LIMIT, SETTINGS } from './diff.js';
import { type Group, groupCandidates } from './group.js';

/** What a person should know or decide; nothing of it is changed here. */
export interface Warning {
  code: string;
  text: string;
  /** What would mend it. */
  sql?: string;
}

/** Everything about the role that is left as it is although it may not be meant so. */
export function warningsFor(
  snapshot: CatalogSnapshot,
  model: TenancyModel,
  role: string,
  group: Group | undefined,
): Warning[] {
  return [
    ...(model.root ? [] : [NOTHING_YET]),
    ...groupWarnings(snapshot, model, role, group),
    ...relationWarnings(model),
    ...extraGrants(snapshot, model, role, group),
    ...extraMemberships(snapshot, role, group),
    ...publicCreate(snapshot, model),
    ...otherSettings(snapshot, role),
  ];
}

const NOTHING_YET: Warning = {
  code: 'nothing-to-grant',
  text: 'The database has no relations yet: run this command again after `tenantctl migrate`.',
};

function groupWarnings(
  snapshot: CatalogSnapshot,
  model: TenancyModel,
  role: string,
  group: Group | undefined,
): Warning[] {
  if (!group) {
    const candidates = groupCandidates(snapshot, model).filter((name) => name !== role);
    if (candidates.length < 2) return [];
    const text = `Several groups hold the application's privileges: ${candidates.join(', ')}. The role gets its own; tenancy.appGroup names the group to use instead.`;
    return [{ code: 'several-groups', text }];
  }
  const bare = model.relations.filter(
    (known) =>
      privilegesFor(known, model).length > 0 &&
      !known.relation.grants.some((grant) => grant.grantee === group.name || grant.grantee === 'public'),
  );
  if (bare.length === 0) return [];
  const text = `The group ${group.name} has no privilege on ${names(bare)}: grant what the application needs in a migration.`;
  return [{ code: 'group-without-grants', text }];
}

function relationWarnings(model: TenancyModel): Warning[] {
  const ours = model.relations.filter(
    ({ relation }) => model.config.schemas.includes(relation.schema) && !relation.isPartition,
  );
  const untenanted = ours.filter((known) => known.class === 'untenanted');
  const bypassing = ours.filter(
    (known) =>
      (known.class === 'tenant' || known.class === 'shared') && bypassesRowSecurity(known.relation, model),
  );
  const open = ours.filter(
    (known) =>
      model.config.isolation === 'rls' &&
      (known.class === 'tenant' || known.class === 'root') &&
      ['table', 'partitioned table'].includes(known.relation.kind) &&
      !known.relation.rowSecurity,
  );
  return [
    ...(untenanted.length > 0
      ? [
          {
            code: 'untenanted',
            text: `Nothing is granted on ${names(untenanted)}: nothing says whose rows they hold. Give them a tenant column, or name them in tenancy.shared.`,
          },
        ]
      : []),
    ...bypassing.map(({ relation }) => bypassWarning(relation)),
    ...open.map(({ relation }) => ({
      code: 'no-row-security',
      text: `${displayName(relation)} has no row security: whoever may read it reads every tenant's rows.`,
      sql: `ALTER TABLE ${quoteName(relation)} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY`,
    })),
  ];
}

function bypassWarning(relation: Relation): Warning {
  const text = `Nothing is granted on the ${relation.kind} ${displayName(relation)}: no policy would hold for its rows.`;
  return relation.kind === 'view'
    ? {
        code: 'bypassing-relation',
        text: `${text} From PostgreSQL 15 on it can read as its caller.`,
        sql: `ALTER VIEW ${quoteName(relation)} SET (security_invoker = true)`,
      }
    : { code: 'bypassing-relation', text };
}

/** Only what was granted to the role itself: what PUBLIC and groups have is not this role's matter. */
function extraGrants(
  snapshot: CatalogSnapshot,
  model: TenancyModel,
  role: string,
  group: Group | undefined,
): Warning[] {
  const extra = (on: string, shown: string, allowed: string[], grants: Grant[]): Warning[] => {
    const held = grants.filter((g) => g.grantee === role);
    const warning = (what: string, these: Grant[]): Warning[] => {
      if (these.length === 0) return [];
      const sql = `REVOKE ${what}${these.map((g) => g.privilege).join(', ')} ON ${on} FROM ${quoteIdent(role)}`;
      const privileges = these.map((g) => g.privilege + (g.grantable ? ' WITH GRANT OPTION' : ''));
      return [{ code: 'extra-grant', text: `${role} also holds ${privileges.join(', ')} on ${shown}.`, sql }];
    };
    return [
      ...warning(
        '',
        held.filter((g) => !allowed.includes(g.privilege)),
      ),
      // What it needs stays with it, for an application that is at work.
      ...warning(
        'GRANT OPTION FOR ',
        held.filter((g) => g.grantable && allowed.includes(g.privilege)),
      ),
    ];
  };
  return [
    ...extra(
      `DATABASE ${quoteIdent(snapshot.database.name)}`,
      'the database',
      ['CONNECT'],
      snapshot.database.grants,
    ),
    ...snapshot.schemas.flatMap(({ name, grants }) =>
      extra(`SCHEMA ${quoteIdent(name)}`, `schema ${name}`, ['USAGE'], grants),
    ),
    ...model.relations.flatMap((known) => {
      const allowed = group ? [] : privilegesFor(known, model);
      const { relation } = known;
      const columns = relation.columns.flatMap((column) =>
        column.grants
          .filter((g) => !allowed.includes(g.privilege))
          .map((g) => ({ ...g, privilege: `${g.privilege} (${quoteIdent(column.name)})` })),
      );
      return extra(`TABLE ${quoteName(relation)}`, displayName(relation), allowed, [
        ...relation.grants,
        ...columns,
      ]);
    }),
    ...snapshot.sequences.flatMap((sequence) =>
      extra(`SEQUENCE ${quoteName(sequence)}`, displayName(sequence), ['USAGE'], sequence.grants),
    ),
  ];
}

function extraMemberships(snapshot: CatalogSnapshot, role: string, group: Group | undefined): Warning[] {
  const { memberOf = [] } = snapshot.roles.find((candidate) => candidate.name === role) ?? {};
  return memberOf.flatMap(({ role: other, admin }) => {
    if (other !== group?.name) {
      const sql = `REVOKE ${quoteIdent(other)} FROM ${quoteIdent(role)}`;
      return [{ code: 'extra-membership', text: `${role} is also a member of ${other}.`, sql }];
    }
    if (!admin) return [];
    const sql = `REVOKE ADMIN OPTION FOR ${quoteIdent(other)} FROM ${quoteIdent(role)}`;
    return [{ code: 'extra-membership', text: `${role} may put others into ${other}.`, sql }];
  });
}

/** A database made before PostgreSQL 15 lets everybody create in public; taking that away concerns other roles, too. */
function publicCreate(snapshot: CatalogSnapshot, model: TenancyModel): Warning[] {
  return snapshot.schemas
    .filter(({ name }) => model.config.schemas.includes(name))
    .filter(({ grants }) => grants.some((g) => g.grantee === 'public' && g.privilege === 'CREATE'))
    .map(({ name }) => ({
      code: 'public-create',
      text: `Everybody may create objects in schema ${name}, the app role too: copies of rows, and functions that stand in for others.`,
      sql: `REVOKE CREATE ON SCHEMA ${quoteIdent(name)} FROM PUBLIC`,
    }));
}

function otherSettings(snapshot: CatalogSnapshot, role: string): Warning[] {
  return SETTINGS.flatMap(({ name, value }) => {
    const set = snapshot.settings.filter((s) => s.role === role && s.name === name);
    // The setting for this database wins over the one for all of them.
    const [setting] = set.sort((a, b) => Number(b.thisDatabase) - Number(a.thisDatabase));
    if (!setting || setting.value === value) return [];
    return [{ code: 'other-setting', text: `${name} is ${setting.value}, not ${value}: left as it is.` }];
  });
}

/** A role that is in use keeps what a limit might take from it. */
export function unlimited(snapshot: CatalogSnapshot, role: string, sessions: number): Warning[] {
  const limit = snapshot.roles.find(({ name }) => name === role)?.connectionLimit;
  if (limit !== -1 || sessions === 0) return [];
  const text = `${role} may open any number of connections, and has ${sessions} now: give it a limit above what it needs.`;
  const sql = `ALTER ROLE ${quoteIdent(role)} CONNECTION LIMIT ${Math.max(CONNECTION_LIMIT, 2 * sessions)}`;
  return [{ code: 'no-connection-limit', text, sql }];
}

const NAMES_SHOWN = 10;

function names(relations: ClassifiedRelation[]): string {
  const shown = relations.slice(0, NAMES_SHOWN).map(({ relation }) => displayName(relation));
  const rest = relations.length - shown.length;
  return rest > 0 ? `${shown.join(', ')} and ${rest} more` : shown.join(', ');
}
