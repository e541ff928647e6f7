import type { Relation } from '../../catalog/snapshot.js';
import { quoteIdent, quoteLiteral, quoteName } from '../../identifiers.js';
import type { ClassifiedRelation } from '../../tenancy/model.js';
import type { Subject } from '../check.js';
import { settingExpression, usualExpression } from '../policy/tenant-policy.js';

/** Where faults are planted: a table of tenants of the schema under test, with what the plants need to know of it. */
export interface Ground {
  /** Of the server: 150018. */
  version: number;
  /** Unquoted. */
  appRole: string;
  /** The same, quoted. */
  app: string;
  table: Relation;
  /** A table of tenants that `table` may refer to. */
  parent: Relation;
  root: Relation;
  /** Schema and name, quoted. */
  t: string;
  p: string;
  /** The column that says whose a row is, quoted: of `table`, of `parent`, the key of the root. */
  tenant: string;
  parentTenant: string;
  rootKey: string;
  /** The tenant column's type. */
  type: string;
  /** The tenant of the context, as an expression. */
  current: string;
  /** The setting that holds the context, where it is one. */
  setting: string | undefined;
  /** "The row is the current tenant's", for any table whose tenant column is called the same. */
  own: string;
  /** Two tenant keys, as literals. */
  a: string;
  b: string;
  /** A new object beside the table, quoted; `onNew` names it unquoted. */
  made(name: string): string;
  /** A role that the plant makes, quoted: roles belong to the whole cluster, so each run's begin with its own prefix. */
  role(name: string): string;
}

/**
 * Chooses the table on which faults are planted: one of tenants whose policies hold and which the application may use in
 * full, if possible with a reference to another such table.
 *
 * @param isSound whether a relation is known to be isolated, so that what is found later is the plant's
 * @returns the ground, or why there is none
 */
export function groundOf(
  subject: Subject,
  rolePrefix: string,
  isSound: (relation: Relation) => boolean,
): Ground | { reason: string } {
  const { root, config } = subject.tenancy;
  const appRole = subject.app.role?.name;
  if (!root?.tenantColumn || appRole === undefined)
    return { reason: 'there is no root table, or no app role' };
  const candidates = subject.tenancy.relations
    .filter((known) => isUsable(subject, known) && isSound(known.relation))
    .map((known) => ({ known, parent: parentOf(subject, known, isSound) }))
    .sort((one, other) => rank(one) - rank(other));
  for (const { known, parent = known } of candidates) {
    const { relation, tenantColumn } = known;
    const column = relation.columns.find(({ name }) => name === tenantColumn);
    const current =
      column && (settingExpression(subject, column.type) ?? usualExpression(subject, column.type));
    if (!column || current === undefined) continue;
    const tenant = quoteIdent(column.name);
    return {
      version: subject.snapshot.server.versionNumber,
      ...{ appRole, app: quoteIdent(appRole) },
      ...{ table: relation, parent: parent.relation, root: root.relation },
      ...{ t: quoteName(relation), p: quoteName(parent.relation) },
      tenant,
      parentTenant: quoteIdent(parent.tenantColumn ?? column.name),
      rootKey: quoteIdent(root.tenantColumn),
      ...{ type: column.type, current, own: `${tenant} = ${current}` },
      setting: 'setting' in config.context ? config.context.setting : undefined,
      ...keysOf(column.baseType, column.type),
      made: (name) => quoteName({ schema: relation.schema, name: `${MARK}_${name}` }),
      role: (name) => quoteIdent(`${rolePrefix}_${name}`),
    };
  }
  return {
    reason:
      'no table of tenants is isolated, has a policy that names the tenant, and is the application’s to use',
  };
}

function isUsable(subject: Subject, { class: kind, relation, tenantColumn }: ClassifiedRelation): boolean {
  const privileges = subject.app.privileges(relation);
  return (
    kind === 'tenant' &&
    relation.kind === 'table' &&
    tenantColumn !== undefined &&
    relation.rowSecurity &&
    relation.parents.length === 0 &&
    subject.childrenOf(relation).length === 0 &&
    subject.tenancy.config.schemas.includes(relation.schema) &&
    ['SELECT', 'INSERT', 'UPDATE', 'DELETE'].every((privilege) => privileges.has(privilege))
  );
}

/** A usable table that it refers to, else any other one. */
function parentOf(
  subject: Subject,
  { relation }: ClassifiedRelation,
  isSound: (relation: Relation) => boolean,
): ClassifiedRelation | undefined {
  const others = subject.tenancy.relations.filter(
    (known) => known.relation !== relation && isUsable(subject, known) && isSound(known.relation),
  );
  const targets = relation.constraints.map(({ foreignKey }) => foreignKey?.relation);
  return others.find((known) => targets.includes(known.relation.oid)) ?? others[0];
}

/** Those that refer to their parent first; among them the smallest, whose rows are the easiest to make. */
function rank({
  known,
  parent,
}: {
  known: ClassifiedRelation;
  parent: ClassifiedRelation | undefined;
}): number {
  const refers = known.relation.constraints.some(
    ({ foreignKey }) => foreignKey?.relation === parent?.relation.oid,
  );
  return known.relation.columns.length + (refers ? 0 : 1000);
}

/** Two keys that look like the tenants' own, and are nobody's. */
function keysOf(baseType: string, type: string): { a: string; b: string } {
  const [a, b] =
    baseType === 'uuid'
      ? ['aaaaaaaa-0000-4000-8000-000000000001', 'bbbbbbbb-0000-4000-8000-000000000002']
      : /^(smallint|integer|bigint|numeric)/.test(baseType)
        ? ['21001', '21002']
        : ['aa-one', 'bb-two'];
  return { a: `${quoteLiteral(a)}::${type}`, b: `${quoteLiteral(b)}::${type}` };
}

/** Every name that a plant adds begins so. */
export const MARK = 'selftest';
