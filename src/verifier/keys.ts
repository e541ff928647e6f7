import type { Constraint, Relation } from '../catalog/snapshot.js';
import { quoteIdent, quoteName } from '../identifiers.js';
import type { ClassifiedRelation } from '../tenancy/model.js';
import type { Fault, Subject } from './check.js';
import { requireReference } from './fix/online.js';
import { once } from './once.js';
import { findAll, textsOf } from './policy/nodes.js';
import { relationOf, tenantTables } from './relations.js';

/** A foreign key between two tenant relations. */
export interface TenantLink {
  child: ClassifiedRelation;
  parent: ClassifiedRelation;
  constraint: Constraint;
  /** Whether the tenant is part of it, so that a row cannot refer to another tenant's. */
  carriesTenant: boolean;
}

/** Foreign keys from tenant tables to tenant relations other than the root, those inherited from a parent left out. */
export const tenantLinks = once((subject: Subject): readonly TenantLink[] =>
  tenantTables(subject).flatMap((child) => linksOf(subject, child)),
);

/** Those of one table. */
export function linksOf(subject: Subject, child: ClassifiedRelation): readonly TenantLink[] {
  return linksIn(subject)(child);
}

const linksIn = once((subject: Subject) =>
  once((child: ClassifiedRelation): readonly TenantLink[] =>
    child.relation.constraints.flatMap((constraint) => {
      const { foreignKey, inherited } = constraint;
      const parent = foreignKey && !inherited ? subject.classified(foreignKey.relation) : undefined;
      if (parent?.class !== 'tenant') return [];
      return [{ child, parent, constraint, carriesTenant: carriesTenant(child, parent, constraint) }];
    }),
  ),
);

function carriesTenant(
  child: ClassifiedRelation,
  parent: ClassifiedRelation,
  constraint: Constraint,
): boolean {
  return constraint.columns.some(
    (column, index) =>
      column === child.tenantColumn &&
      parent.tenantColumn !== undefined &&
      constraint.foreignKey?.columns[index] === parent.tenantColumn,
  );
}

/** The constraint that a fault names, with the relation it is on. */
export function constraintOf(
  subject: Subject,
  fault: Fault,
): { known: ClassifiedRelation; constraint: Constraint } | undefined {
  const known = relationOf(subject, fault);
  const constraint = known?.relation.constraints.find(({ name }) => name === fault.part);
  return known && constraint && { known, constraint };
}

/** SQL that replaces a foreign key by one over the given columns. */
export function replaceForeignKey(
  subject: Subject,
  relation: Relation,
  constraint: Constraint,
  parent: Relation,
  pairs: readonly { column: string; references: string }[],
  actions: { onDelete: string; onUpdate: string },
): string {
  const columns = pairs.map(({ column }) => quoteIdent(column)).join(', ');
  const references = pairs.map((pair) => quoteIdent(pair.references)).join(', ');
  const definition = [
    `FOREIGN KEY (${columns})`,
    `  REFERENCES ${quoteName(parent)} (${references})`,
    `  ON DELETE ${actions.onDelete} ON UPDATE ${actions.onUpdate}${deferralOf(constraint)}`,
  ].join('\n');
  return requireReference(subject, relation, constraint.name, definition, constraint.name);
}

/** When it is checked, as it follows a constraint's definition. */
export function deferralOf({ deferrable, initiallyDeferred }: Constraint): string {
  if (!deferrable) return '';
  return ` DEFERRABLE${initiallyDeferred ? ' INITIALLY DEFERRED' : ''}`;
}

/**
 * Whether a key is the tenants' own by another of its columns: one that the database or chance makes up (a uuid, an
 * identity, a generated default), or one that refers to a row of the tenant's.
 */
export function isOwnKey(subject: Subject, relation: Relation, name: string): boolean {
  const column = relation.columns.find((candidate) => candidate.name === name);
  if (!column) return false;
  if (['uuid', 'bytea'].includes(column.baseType) || column.identity !== undefined) return true;
  if (column.defaultExpression !== undefined && makesUpValues(subject, column.defaultExpression)) return true;
  return relation.constraints.some(
    ({ columns, foreignKey }) =>
      columns.includes(name) && subject.classified(foreignKey?.relation ?? 0)?.class === 'tenant',
  );
}

/** Functions whose result is the same for everyone at one time, so no row's own. */
const PLAIN = [
  'now',
  'transaction_timestamp',
  'statement_timestamp',
  'current_setting',
  'timezone',
  'date_trunc',
];

function makesUpValues(subject: Subject, expression: string): boolean {
  return findAll(subject.sql.expression(expression), 'FuncCall').some(
    ({ funcname }) => !PLAIN.includes(textsOf(funcname).at(-1) ?? ''),
  );
}
